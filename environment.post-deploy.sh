#!/usr/bin/env bash
# The packages of requirements-no-deps.txt, which says why they are apart.
set -euo pipefail
pip install --no-deps --config-settings=--build-option=build_ext learn2learn==0.2.0
pip install --no-deps gym==0.26.2 gym-notices==0.1.0 cloudpickle==3.1.2 cvvdp==0.5.7
