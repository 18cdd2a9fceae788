"""What every workflow script shares: arguments from `main`'s annotations, a log file, errors without traceback."""

import argparse
import inspect
import logging
import os
import signal
import sys
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from metahdr.errors import UserError
from metahdr.workflow.gpus import claim_gpu
from metahdr.workflow.interrupts import handled_signals

Address = str
"""Where something comes from, which is no parameter of a result; so is a `Path`."""


def run(main: Callable[..., None]) -> None:
    """Calls `main` with its arguments from the command line.

    `name: MethodName` becomes `--name TEXT`, `paths: list[Path]` becomes `--paths FILE ...`; a section of the
    configuration, a dict and a bool take JSON text. `--log FILE` writes the log to a file; without it the log goes
    to stderr.
    """
    parser = argparse.ArgumentParser(description=inspect.getdoc(main) or main.__globals__["__doc__"])
    parser.add_argument("--log", type=Path, help="file for the log; default: stderr")
    for name, parameter in inspect.signature(main).parameters.items():
        kind, many = parameter.annotation, False
        if typing.get_origin(kind) in (types.UnionType, typing.Union):
            kind = next(k for k in typing.get_args(kind) if k is not type(None))
        if typing.get_origin(kind) is list:
            kind, many = typing.get_args(kind)[0], True
        optional = parameter.default is not inspect.Parameter.empty
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=_parse(kind),
            nargs="*" if many else None,
            required=not optional,
            default=parameter.default if optional else None,
        )
    arguments = vars(parser.parse_args())
    log_file = arguments.pop("log")
    if int(os.environ.get("RANK", 0)):  # the first process speaks for all that torchrun started
        log_file = Path(os.devnull)
        sys.stderr = log_file.open("w", encoding="utf-8")
    if log_file:
        log_file.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=log_file,
        encoding="utf-8" if log_file else None,
        filemode="w",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
    )
    claim_gpu()
    for number in handled_signals():
        signal.signal(number, _interrupt)
    try:
        main(**arguments)
    except UserError as error:
        _end(str(error), 1, log_file)
    except KeyboardInterrupt as interrupt:
        number = signal.Signals((interrupt.args or (signal.SIGINT,))[0])
        _end(f"ended by {number.name}", 128 + number, log_file)


def _interrupt(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(number)  # an exception, so that half-written files are removed


def _end(message: str, status: int, log_file: Path | None) -> None:
    logging.getLogger(__name__).error("%s", message)
    if log_file:
        print(f"error: {message}", file=sys.stderr)
    sys.exit(status)


def _parse(kind: Any) -> Callable[[str], Any]:
    """What turns a word of the command line into a value of a type, which is checked."""
    adapter = TypeAdapter(kind)
    plain = typing.get_origin(kind) or kind
    as_json = plain in (dict, bool) or isinstance(kind, type) and issubclass(kind, BaseModel)

    def parse(text: str) -> Any:
        try:
            return adapter.validate_json(text) if as_json else adapter.validate_python(text)
        except ValidationError as error:
            raise argparse.ArgumentTypeError(f"found {text!r}; {error.errors()[0]['msg']}") from None

    return parse
