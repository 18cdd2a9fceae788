"""The command `metahdr`: what a user does beside running the workflow.

A file a command; `add` declares its arguments. What loads slowly is imported where it is called.
"""

import argparse
import signal
import sys

from metahdr.cli import (
    compare,
    config,
    data_status,
    export_inputs,
    fetch,
    reconstruct,
    register,
    resources,
    score,
    versions,
)
from metahdr.errors import UserError


def parser() -> argparse.ArgumentParser:
    """Of all commands."""
    parser = argparse.ArgumentParser(prog="metahdr", description="What a user does beside running the workflow.")
    commands = parser.add_subparsers(required=True, metavar="command")
    own = (reconstruct, compare, export_inputs, score)
    for each in (config, register, fetch, *own, data_status, versions, resources):
        each.add(commands)
    return parser


def main() -> None:
    sys.stdout.reconfigure(errors="replace")  # a terminal's locale may lack a letter
    arguments = vars(parser().parse_args())
    try:
        arguments.pop("call")(**arguments)
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
