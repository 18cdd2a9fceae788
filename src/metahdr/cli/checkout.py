"""The checkout that a command is called in, and its configuration."""

from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING

from metahdr.errors import UserError

if TYPE_CHECKING:
    from metahdr.config.model import Config

CONFIG = Path("config/config.yaml")


def check_checkout() -> None:
    """
    Raises:
        UserError: the current folder is no checkout.
    """
    if not Path("Snakefile").is_file():
        raise UserError("no Snakefile here; call this in the folder of a checkout of the project")


def add_configfile(parser: ArgumentParser) -> None:
    parser.add_argument("--configfile", type=Path, nargs="*", default=[], help=f"laid over {CONFIG}")


def read_config(configfile: list[Path]) -> "Config":
    """The checkout's configuration, with other files laid over it.

    Raises:
        UserError: the current folder is no checkout, or the configuration has mistakes; all are named.
    """
    from metahdr.config.check import read_files
    from metahdr.datasets.fit import mistakes

    check_checkout()
    return read_files([CONFIG, *configfile], mistakes)
