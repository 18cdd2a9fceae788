"""`metahdr data-status`."""

from argparse import _SubParsersAction
from pathlib import Path

from metahdr.cli.checkout import add_configfile, read_config
from metahdr.errors import UserError, listed


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("data-status", help="compare the register, DVC and the disk")
    add_configfile(parser)
    parser.set_defaults(call=data_status)


def data_status(configfile: list[Path]) -> None:
    from metahdr.datasets.register import read_register
    from metahdr.workflow.status import changed_since_dvc_add, status

    data = read_config(configfile).data
    raw, register = Path(data.raw), read_register(Path(data.register_file))
    changed, differing = changed_since_dvc_add([raw / name for name in register]), 0
    for name, dataset in register.items():
        line, lines = status(name, dataset, raw, changed.get(name, []))
        print(line)
        for each in listed(lines):
            print(f"  {each}")
        differing += bool(lines)
    if differing:
        raise UserError(f"{differing} dataset(s) differ from the register or from DVC, see above")
