"""`metahdr score`."""

from argparse import _SubParsersAction
from pathlib import Path


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("score", help="score predictions of your own on the scenes of a run")
    names = "of OpenEXR files, named as metahdr export-inputs says, such as courtyard_3_ev+2_single.exr"
    parser.add_argument("folder", type=Path, help=names)
    parser.add_argument("--data", type=Path, default=Path("results"), help="results folder; default: %(default)s")
    parser.add_argument("--moving", action="store_true", help="of the moving brackets of a benchmark")
    parser.add_argument("--name", default="own", help="of the method in the tables; default: %(default)s")
    parser.add_argument("--out", type=Path, help="folder for scores.csv and summary.csv")
    parser.add_argument("--strict", action="store_true", help="end with an error where a prediction failed")
    parser.set_defaults(call=score)


def score(folder: Path, data: Path, moving: bool, name: str, out: Path | None, strict: bool) -> None:
    from metahdr.evaluation import agreement, own, scores

    run = agreement.read_run(data, moving)
    tables = own.new_tables(out) if out else None
    table = own.score_own(folder, run, name)
    summary = own.summarise_own(table, run)
    print(own.as_text(table, summary, run))
    if tables:
        own.write_tables(table, summary, tables)
        print(f"{tables.scores}, {tables.summary.name}")
    if strict:
        scores.check_strict(table, folder)
