"""`metahdr export-inputs`."""

from argparse import _SubParsersAction
from pathlib import Path


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("export-inputs", help="write what methods are given, for a method of your own")
    parser.add_argument("folder", type=Path, help="a new or empty folder: exposures and inputs.csv")
    parser.add_argument("--data", type=Path, default=Path("results"), help="results folder; default: %(default)s")
    parser.add_argument("--moving", action="store_true", help="the moving brackets of a benchmark")
    parser.set_defaults(call=export_inputs)


def export_inputs(folder: Path, data: Path, moving: bool) -> None:
    from metahdr.evaluation import agreement, inputs

    table = inputs.export_inputs(agreement.read_run(data, moving), folder)
    print(f"{folder / inputs.TABLE}: {len(table)} held-out exposures of {table.scene.nunique()} scenes")
