# `make help` lists the targets. Everything happens in $(VENV), which is made on first use.
PYTHON ?= python3.11
VENV ?= .venv
CONFIG ?= config/config.yaml

export PATH := $(abspath $(VENV))/bin:$(PATH)
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help reproduce ablation labels_study radiance_study benchmark tables test test-slurm lint format config env unlock clean data-status publish restore

help: ## list the targets
	@grep -E '^[a-z_-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

reproduce: $(STAMP) ## run the whole pipeline; ends with results/report/index.html
	metahdr fetch --configfile $(CONFIG)
	snakemake --workflow-profile workflow/profiles/default --configfile $(CONFIG)

ablation: $(STAMP) ## compare variants of meta-training (docs/ablation.md)
	snakemake ablation --workflow-profile workflow/profiles/default --configfile config/ablation.yaml

labels_study: $(STAMP) ## train the HDR-CNN that labels, and judge its labels (docs/labels.md)
	snakemake labels_study --workflow-profile workflow/profiles/default --configfile config/labels_study.yaml

radiance_study: $(STAMP) ## judge the radiance network on places that it never saw (docs/hdr.md)
	snakemake radiance_study --workflow-profile workflow/profiles/default --configfile config/radiance_study.yaml

benchmark: $(STAMP) ## train the field's methods small and judge them side by side (docs/methods.md)
	snakemake benchmark --workflow-profile workflow/profiles/default --configfile config/benchmark.yaml

tables: $(STAMP) ## run the paper's tables (docs/results.md)
	snakemake --workflow-profile workflow/profiles/default --configfile config/paper-tables.yaml

test: $(STAMP) ## run the tests, a file at a time on each core
	pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test-slurm: $(STAMP) ## the smoke run on a real Slurm that is started for it (as root, on Debian)
	@command -v munged slurmctld slurmd sbatch >/dev/null || apt-get install -y -q --no-install-recommends slurm-wlm munge slurm-client slurm-wlm-basic-plugins
	pytest tests/slurm

lint: $(STAMP) ## ruff, snakefmt and snakemake --lint
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/rules
	snakemake --lint

format: $(STAMP) ## format the code
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow/rules

config: $(STAMP) ## write config/config.yaml and its schema from src/metahdr/config/
	metahdr config

env: $(STAMP) ## make the environment

$(STAMP): requirements.txt requirements-no-deps.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not here; Python 3.11 is needed (make PYTHON=...)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "error: $(PYTHON) is `$(PYTHON) -V`; Python 3.11 is needed (make PYTHON=...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	pip install --disable-pip-version-check --progress-bar off -r requirements.txt
	pip install --disable-pip-version-check --progress-bar off --no-deps -r requirements-no-deps.txt
	pip install --disable-pip-version-check --no-deps --editable .
	touch $@

data-status: $(STAMP) ## compare the register, DVC and the disk (docs/versions.md)
	@metahdr data-status

publish: $(STAMP) ## push data and results of a finished run to DVC's remote (docs/versions.md)
	@metahdr publish

restore: $(STAMP) ## bring published data and results back from DVC's remote
	@metahdr restore

unlock: $(STAMP) ## after a power cut or kill -9: release the working directory, then make reproduce goes on
	snakemake --unlock

clean: ## remove results; raw data and the environment stay
	rm -rf results .snakemake
