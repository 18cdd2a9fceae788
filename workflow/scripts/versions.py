"""Publish the results of a run with DVC, or restore published ones, so that Snakemake has nothing to do."""

import json
import re
import subprocess
import sys
from pathlib import Path

from metahdr.config.check import read_files
from metahdr.config.data import Data
from metahdr.datasets.register import find_dataset
from metahdr.datasets.verify import verify
from metahdr.errors import UserError
from metahdr.script import run

STAGE = "reproduce"
PROFILE = ["--workflow-profile", "workflow/profiles/default"]


def main(action: str) -> None:
    """`action`: publish or restore, of what config/config.yaml says. A DVC remote must be the default one."""
    data = read_files([Path("config/config.yaml")]).data
    if not dvc("remote", "list").strip():
        raise UserError("DVC has no remote; name a folder, S3 or SSH: dvc remote add --default store ADDRESS")
    (publish if action == "publish" else restore)(data)


def publish(data: Data) -> None:
    if jobs := work():
        raise UserError(f"there is work to do first ({jobs}): make reproduce")
    weights = Path(data.raw).parent / "weights"
    files = sorted(str(path) for path in weights.glob("*") if path.suffix not in (".sha256", ".dvc", ".partial"))
    dvc("add", "--quiet", f"{data.raw}/{data.dataset}", *files)
    dvc("commit", "--quiet", "--force", STAGE)
    dvc("push", "--quiet", STAGE, *tracked(data))
    print("published. Commit what names these bytes:\n  git add dvc.lock", *tracked(data))


def restore(data: Data) -> None:
    if not Path("dvc.lock").exists():
        raise UserError("dvc.lock is not here: nothing was published from this commit; make reproduce computes it")
    dvc("pull", "--quiet", "--force", STAGE, *tracked(data))
    changes = json.loads(dvc("status", "--json", STAGE, *tracked(data)))
    if changes:
        listed = "\n".join(f"  {line}" for line in sorted(differing(changes)))
        raise UserError(f"what is here is not what was published:\n{listed}\n  make reproduce computes it anew")
    raw = Path(data.raw)
    dataset = find_dataset(Path(data.register_file), data.dataset)
    state = verify(dataset, raw / data.dataset, raw / ".verified" / f"{data.dataset}.csv")
    if state.wrong:
        raise UserError(f"{data.dataset}: not the registered files:\n" + "\n".join(state.wrong[:10]))
    # DVC writes files at any time; only now, when all are known to be right, may Snakemake take them for new.
    call("snakemake", "--touch", "--quiet", "all", *PROFILE)
    if jobs := work():
        raise UserError(f"restored, but Snakemake would still run {jobs}")
    print("restored: nothing is left to do")


def work() -> str:
    """The jobs that Snakemake would run, empty where there are none."""
    said = call("snakemake", "--dry-run", *PROFILE)
    table = said.partition("Job stats:")[2].partition("total")[0]
    return ", ".join(f"{count} {name}" for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE))


def tracked(data: Data) -> list[str]:
    """The `.dvc` files of the dataset and of the weights that metrics need."""
    weights = sorted(map(str, (Path(data.raw).parent / "weights").glob("*.dvc")))
    return [f"{data.raw}/{data.dataset}.dvc", *weights]


def differing(changes: dict) -> list[str]:
    """`dvc status` as lines: what differs and how."""
    return [
        f"{name}: {path} {state}" if isinstance(state, str) else f"{name}: {path} {', '.join(map(str, state))}"
        for name, groups in changes.items()
        for group in groups
        if isinstance(group, dict)
        for paths in group.values()
        for path, state in paths.items()
    ]


def dvc(*words: str) -> str:
    return call("dvc", *words)


def call(module: str, *words: str) -> str:
    result = subprocess.run([sys.executable, "-m", module, *words], capture_output=True, text=True)
    if result.returncode:
        said = (result.stderr.strip() or result.stdout.strip())[-2000:]
        raise UserError(f"{module} {' '.join(words)} failed:\n{said}")
    return result.stdout + (result.stderr if module == "snakemake" else "")


if __name__ == "__main__":
    run(main)
