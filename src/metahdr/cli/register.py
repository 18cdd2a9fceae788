"""`metahdr register`."""

from argparse import _SubParsersAction
from pathlib import Path

from metahdr.registry import LAYOUTS


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("register", help="record a folder of HDR images as a dataset")
    parser.add_argument("name", help="the dataset's name in the register")
    parser.add_argument("folder", type=Path, help="the folder of the images, which stay where they are")
    parser.add_argument("--kind", choices=list(LAYOUTS), default="photographs", help="default: %(default)s")
    parser.add_argument(
        "--register", type=Path, default=Path("config/datasets.yaml"), help="the register; default: %(default)s"
    )
    parser.set_defaults(call=register)


def register(name: str, folder: Path, kind: str, register: Path) -> None:
    from metahdr.datasets.register import register_folder

    count = register_folder(register, name, folder, kind)
    print(f"{register}: {name} has {count} file(s). Now set in config/config.yaml:")
    print(f"data:\n  dataset: {name}\n  mirror: {folder.resolve()}")
