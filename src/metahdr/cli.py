"""`metahdr`: what a user does beside running the workflow."""

import argparse
import logging
import os
import sys
from pathlib import Path

from metahdr.config.check import read_files
from metahdr.config.render import commented_yaml, schema
from metahdr.datasets.fetch import fetch
from metahdr.datasets.register import register_folder
from metahdr.errors import UserError
from metahdr.photographs import DEFAULT
from metahdr.registry import LAYOUTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="metahdr", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    config = commands.add_parser("config", help="write config/config.yaml and its schema from the model")
    config.set_defaults(call=_config)
    register = commands.add_parser("register", help="record a folder of HDR images as a dataset")
    register.add_argument("name", help="the dataset's name in the register")
    register.add_argument("folder", type=Path, help="the folder of the images, which stay where they are")
    register.add_argument(
        "--kind",
        choices=list(LAYOUTS),
        default="photographs",
        help="how the folder is laid out; default: %(default)s",
    )
    register.add_argument(
        "--register", type=Path, default=Path("config/datasets.yaml"), help="the register; default: %(default)s"
    )
    register.set_defaults(call=_register)
    fetching = commands.add_parser("fetch", help="bring a dataset that comes in archives or a repository")
    fetching.add_argument("names", nargs="*", help="of datasets in the register; default: the configuration's")
    fetching.add_argument("--register", type=Path, help="the register; default: the configuration's")
    fetching.add_argument("--raw", type=Path, help="folder of the raw data; default: the configuration's")
    fetching.add_argument("--mirror", help="folder or URL that is tried first; default: the configuration's")
    fetching.add_argument("--configfile", type=Path, nargs="*", default=[], help="laid over config/config.yaml")
    fetching.set_defaults(call=_fetch)
    _add_reconstruct(commands.add_parser("reconstruct", help="make HDR images of photographs"))
    compare = commands.add_parser("compare", help="say whether the tables of two runs agree")
    compare.add_argument("a", type=Path, help="results folder of a finished run")
    compare.add_argument("b", type=Path, help="that of another: of another machine, or with other seeds")
    compare.set_defaults(call=_compare)
    score = commands.add_parser("score", help="score predictions of your own beside those of a run")
    score.add_argument(
        "folder", type=Path, help="of files named as the run's, such as courtyard_3_ev+2_single.exr"
    )
    score.add_argument("--data", type=Path, default=Path("results"), help="results folder; default: %(default)s")
    score.add_argument("--name", default="own", help="of the method in the tables; default: %(default)s")
    score.add_argument("--strict", action="store_true", help="end with an error where a prediction failed")
    score.set_defaults(call=_score)
    arguments = vars(parser.parse_args())
    try:
        arguments.pop("call")(**arguments)
    except UserError as error:
        sys.exit(f"error: {error}")


def _config() -> None:
    Path("config/config.yaml").write_text(commented_yaml())
    Path("workflow/schemas/config.schema.json").write_text(schema())


def _register(name: str, folder: Path, kind: str, register: Path) -> None:
    count = register_folder(register, name, folder, kind)
    print(f"{register}: {name} has {count} file(s). Now set in config/config.yaml:")
    print(f"data:\n  dataset: {name}\n  mirror: {folder.resolve()}")


def _fetch(
    names: list[str], register: Path | None, raw: Path | None, mirror: str | None, configfile: list[Path]
) -> None:
    data = read_files([Path("config/config.yaml"), *configfile]).data
    mirror = mirror or data.mirror or os.environ.get("METAHDR_MIRROR")
    logging.basicConfig(level=logging.INFO if names else logging.WARNING, format="%(message)s")
    for name in names or [data.dataset]:
        fetch(register or Path(data.register_file), name, raw or Path(data.raw), mirror)


def _add_reconstruct(parser: argparse.ArgumentParser) -> None:
    parser.description = "Makes an HDR image of each photograph, or one of a bracket."
    parser.add_argument(
        "photographs",
        type=Path,
        nargs="*",
        help="JPEG, PNG, TIFF, HEIC or raw files; they come before the options",
    )
    parser.add_argument("--out", type=Path, default=Path(), help="folder of the results; default: the current one")
    several = parser.add_mutually_exclusive_group()
    several.add_argument("--bracket", type=Path, nargs="+", metavar="FILE", help="merge exposures of one view")
    several.add_argument(
        "--adapt-on",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="adapt to a bracket of the same camera and place first",
    )
    parser.add_argument(
        "--ev", type=float, nargs="+", help="stops of the bracket's exposures; default: from their EXIF data"
    )
    parser.add_argument(
        "--camera", type=Path, help="file of what --adapt-on learned: written with it, used without"
    )
    parser.add_argument("--method", default=DEFAULT, help="of single exposures, such as %(default)s, the default")
    parser.add_argument("--weights", type=Path, help="a weight file of the method; default: the shipped one")
    parser.add_argument(
        "--float", action="store_true", dest="full", help="32-bit floats in the .exr files, not 16"
    )
    parser.add_argument("--hdr", action="store_true", dest="radiance", help="write Radiance .hdr files as well")
    parser.add_argument("--ultrahdr", action="store_true", help="write JPEGs that phones and browsers show as HDR")
    parser.set_defaults(call=_reconstruct)


def _reconstruct(**arguments: object) -> None:
    from metahdr.photographs.run import run  # loads slowly

    run(**arguments)


def _compare(a: Path, b: Path) -> None:
    """As diff does, ends with status 0 where the runs agree, 1 where they differ, 2 where that cannot be told."""
    from metahdr.evaluation import agreement  # loads slowly

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


def _score(folder: Path, data: Path, name: str, strict: bool) -> None:
    from metahdr.evaluation import agreement, own, scores  # these load slowly

    run = agreement.read_run(data)
    table = own.score_own(folder, run, name)
    print(own.beside(table, run))
    if strict:
        scores.check_strict(table, folder)


if __name__ == "__main__":
    main()
