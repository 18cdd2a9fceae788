"""`metahdr score`."""

from argparse import _SubParsersAction
from pathlib import Path


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("score", help="score predictions of your own beside those of a run")
    names = "of files named as the run's, such as courtyard_3_ev+2_single.exr"
    parser.add_argument("folder", type=Path, help=names)
    parser.add_argument("--data", type=Path, default=Path("results"), help="results folder; default: %(default)s")
    parser.add_argument("--name", default="own", help="of the method in the tables; default: %(default)s")
    parser.add_argument("--strict", action="store_true", help="end with an error where a prediction failed")
    parser.set_defaults(call=score)


def score(folder: Path, data: Path, name: str, strict: bool) -> None:
    from metahdr.evaluation import agreement, own, scores

    run = agreement.read_run(data)
    table = own.score_own(folder, run, name)
    print(own.beside(table, run))
    if strict:
        scores.check_strict(table, folder)
