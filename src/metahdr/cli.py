"""`metahdr`: what a user does beside running the workflow."""

import argparse
import sys
from pathlib import Path

from metahdr.config.render import commented_yaml, schema
from metahdr.datasets.register import register_folder
from metahdr.errors import UserError
from metahdr.registry import LAYOUTS, METHODS


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
    label = commands.add_parser("label", help="reconstruct the HDR image of each photograph")
    label.add_argument("images", type=Path, nargs="+", help="PNG, JPEG, TIFF, ... of 8 or 16 bits")
    label.add_argument("--method", default="hdrcnn", help=f"one of {', '.join(METHODS)}; default: %(default)s")
    label.add_argument("--weights", type=Path, help="a weight file of the method; default: the shipped one")
    label.add_argument("--out", type=Path, default=Path(), help="folder of the .exr files")
    label.set_defaults(call=_label)
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


def _label(images: list[Path], method: str, weights: Path | None, out: Path) -> None:
    if METHODS[method].takes != "single":
        single = ", ".join(name for name in METHODS if METHODS[name].takes == "single")
        raise UserError(f"--method {method}: takes a stack of exposures; give one of {single}")
    targets = {out / f"{path.stem}.exr": path for path in images}
    if len(targets) < len(images):
        raise UserError("two of the images would give a label of the same name; label them into two folders")
    labeller = METHODS[method].load(weights)

    import torch  # these load slowly: only where they are needed

    from metahdr.images import read_photograph, write_exr

    failures = 0
    for target, path in targets.items():
        try:
            photograph = torch.from_numpy(read_photograph(path).transpose(2, 0, 1).copy())
            label = labeller.reconstruct(photograph[None], [0.0])[0]
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            failures += 1
            continue
        write_exr(target, label.numpy().transpose(1, 2, 0))
        print(target)
    if failures:
        raise UserError(f"{failures} of {len(images)} images have no label, see above")


if __name__ == "__main__":
    main()
