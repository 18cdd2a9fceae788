"""Compare the register, DVC's files and the disk: which version of each dataset is here, and what differs."""

import json
import subprocess
import sys
from pathlib import Path

from metahdr.config.check import read_files
from metahdr.datasets.register import Dataset, read_register
from metahdr.datasets.verify import State, verify
from metahdr.errors import UserError
from metahdr.script import run

MOST_NAMED = 10  # files of one dataset


def main(config: Path = Path("config/config.yaml")) -> None:
    data = read_files([config]).data
    raw, differing = Path(data.raw), 0
    for name, dataset in read_register(Path(data.register_file)).items():
        state = verify(dataset, raw / name, raw / ".verified" / f"{name}.csv")
        tracked = dvc_state(raw / f"{name}.dvc")
        print(f"{name}, version {dataset.version}: {line(dataset, state)}; DVC: {tracked or 'agrees'}")
        for wrong in state.wrong[:MOST_NAMED]:
            print(f"  {wrong}")
        if len(state.wrong) > MOST_NAMED:
            print(f"  and {len(state.wrong) - MOST_NAMED} more")
        differing += bool(state.wrong) or tracked.startswith("differs")
    if differing:
        raise UserError(f"{differing} dataset(s) differ from the register or from DVC, see above")


def line(dataset: Dataset, state: State) -> str:
    if not dataset.files:
        return "not fetched, its files are not known yet"
    size = sum(file.size for file in dataset.files) / 1e6
    registered = f"{len(dataset.files)} files, {size:.0f} MB"
    if not state.there:
        return f"{registered}; not here"
    found = f"{len(state.wrong)} differ" if state.wrong else "all as registered"
    return f"{registered}; {found}, verified {state.when} UTC"


def dvc_state(file: Path) -> str:
    """What `dvc status` says of a tracked folder; empty where it agrees."""
    if not file.exists():
        return "not tracked"
    if not file.with_suffix("").exists():
        return "tracked, not here"
    command = [sys.executable, "-m", "dvc", "status", "--json", str(file)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise UserError(f"dvc status {file}: {result.stderr.strip()}")
    found = [
        state for changes in json.loads(result.stdout).values() for state in changes[0]["changed outs"].values()
    ]
    if found in ([], ["not in cache"]):  # bytes that are as tracked, of which DVC keeps no copy
        return ""
    return f"differs ({', '.join(found)})"


if __name__ == "__main__":
    run(main)
