"""`metahdr compare`."""

import sys
from argparse import _SubParsersAction
from pathlib import Path

from metahdr.errors import UserError


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("compare", help="say whether the tables of two runs agree")
    parser.add_argument("a", type=Path, help="results folder of a finished run")
    parser.add_argument("b", type=Path, help="that of another: of another machine, or with other seeds")
    parser.set_defaults(call=compare)


def compare(a: Path, b: Path) -> None:
    """Ends, as diff does, with status 0 if the runs agree, 1 if they differ, 2 if that cannot be told."""
    from metahdr.evaluation import agreement

    try:
        runs = agreement.read_run(a), agreement.read_run(b)
        table = agreement.compare_runs(*runs)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    origins = agreement.differing_origins(*runs) or ["the same origin and configuration"]
    print(f"{runs[0].folder} | {runs[1].folder}", *origins, sep="\n")
    print(agreement.as_text(table, *runs))
    if (table.verdict == "differs").any():
        print("the runs differ")
        sys.exit(1)
    if (table.verdict == "unknown").any():
        print("one place alone: nothing can be said of the unknown ones")
        sys.exit(2)
    print("the runs agree")
