"""`metahdr fetch`."""

import logging
import os
from argparse import _SubParsersAction
from pathlib import Path

from metahdr.cli.config import CONFIG


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("fetch", help="bring a dataset that comes in archives or a repository")
    parser.add_argument("names", nargs="*", help="of datasets in the register; default: the configuration's")
    parser.add_argument("--configfile", type=Path, nargs="*", default=[], help="laid over config/config.yaml")
    parser.set_defaults(call=fetch)


def fetch(names: list[str], configfile: list[Path]) -> None:
    from metahdr.config.check import read_files
    from metahdr.datasets.fetch import fetch

    data = read_files([CONFIG, *configfile]).data
    logging.basicConfig(level=logging.INFO if names else logging.WARNING, format="%(message)s")
    for name in names or [data.dataset]:
        fetch(Path(data.register_file), name, Path(data.raw), data.mirror or os.environ.get("METAHDR_MIRROR"))
