"""`metahdr fetch`."""

import logging
import os
from argparse import _SubParsersAction
from pathlib import Path

from metahdr.cli.checkout import add_configfile, read_config


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("fetch", help="bring a dataset that comes in archives or a repository")
    parser.add_argument("names", nargs="*", help="of datasets in the register; default: the configuration's")
    add_configfile(parser)
    parser.set_defaults(call=fetch)


def fetch(names: list[str], configfile: list[Path]) -> None:
    from metahdr.datasets.fetch import fetch

    data = read_config(configfile).data
    logging.basicConfig(level=logging.INFO if names else logging.WARNING, format="%(message)s")
    for name in names or [data.dataset]:
        fetch(Path(data.register_file), name, Path(data.raw), data.mirror or os.environ.get("METAHDR_MIRROR"))
