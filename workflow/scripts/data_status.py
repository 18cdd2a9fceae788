"""Compare the register, DVC's files and the disk: which version of each dataset is here, and what differs."""

from pathlib import Path

from metahdr.config.check import read_files
from metahdr.datasets.register import read_register
from metahdr.errors import UserError
from metahdr.workflow.script import run
from metahdr.workflow.status import changed_since_dvc_add, status

MOST_NAMED = 10  # files of one dataset


def main(config: Path = Path("config/config.yaml")) -> None:
    data = read_files([config]).data
    raw, register = Path(data.raw), read_register(Path(data.register_file))
    changed, differing = changed_since_dvc_add([raw / name for name in register]), 0
    for name, dataset in register.items():
        line, lines = status(name, dataset, raw, changed.get(name, []))
        print(line)
        for each in lines[:MOST_NAMED]:
            print(f"  {each}")
        if len(lines) > MOST_NAMED:
            print(f"  and {len(lines) - MOST_NAMED} more")
        differing += bool(lines)
    if differing:
        raise UserError(f"{differing} dataset(s) differ from the register or from DVC, see above")


if __name__ == "__main__":
    run(main)
