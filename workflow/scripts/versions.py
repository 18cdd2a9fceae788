"""Publish the results of a run with DVC, or restore published ones, so that Snakemake has nothing to do."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from metahdr.config.check import read_files
from metahdr.config.data import Data
from metahdr.datasets.register import find_dataset
from metahdr.datasets.verify import verify
from metahdr.errors import UserError
from metahdr.script import run

STAGE = "reproduce"
MOST_NAMED = 10
PROFILE = ["--workflow-profile", "workflow/profiles/default"]


def main(action: str) -> None:
    """`action`: publish or restore, of what config/config.yaml says. A DVC remote must be the default one."""
    config = read_files([Path("config/config.yaml")])
    if not dvc("remote", "list").strip():
        raise UserError("DVC has no remote; name a folder, S3 or SSH: dvc remote add --default store ADDRESS")
    if action == "publish":
        publish(config.data)
    else:
        restore(config.data, config.results)


def publish(data: Data) -> None:
    if jobs := work():
        raise UserError(f"there is work to do first ({jobs}): make reproduce")
    weights = Path(data.raw).parent / "weights"
    files = sorted(str(path) for path in weights.glob("*") if path.suffix not in (".sha256", ".dvc", ".partial"))
    dvc("add", f"{data.raw}/{data.dataset}", *files)
    dvc("commit", "--force", STAGE)
    dvc("push", STAGE, *tracked(data))
    print("published. Commit what names these bytes:\n  git add dvc.lock", *tracked(data))


def restore(data: Data, results: str) -> None:
    if not Path("dvc.lock").exists():
        raise UserError("dvc.lock is not here: nothing was published from this commit; make reproduce computes it")
    # Results of other code or of another configuration are refused before they replace anything.
    differing = premises(json.loads(dvc("status", "--json", STAGE)).get(STAGE, []))
    refuse(differing, "was not what these results were made with; make reproduce computes its own")
    dvc("pull", STAGE, *tracked(data))
    # DVC takes what it has just written for right; without its notes it hashes every file.
    folders = [results, *(path.removesuffix(".dvc") for path in tracked(data))]
    with TemporaryDirectory() as notes:
        said = dvc("data", "status", "--json", "--granular", *folders, DVC_SITE_CACHE_DIR=notes)
    found = json.loads(said).get("uncommitted", {})
    differing = [f"{path}: {state}" for state, paths in found.items() for path in paths]
    refuse(
        differing, "is not what was published; remove it and .dvc/cache, and if that does not help, publish anew"
    )
    raw = Path(data.raw)
    dataset = find_dataset(Path(data.register_file), data.dataset)
    state = verify(dataset, raw / data.dataset, raw / ".verified" / f"{data.dataset}.csv")
    refuse(state.wrong, f"is not what is registered of {data.dataset}")
    # DVC writes files at any time; only now, when all are known to be right, may Snakemake take them for new.
    # Every job, because a changed parameter reruns nothing of a job whose parameters Snakemake has not noted.
    call("snakemake", "--touch", "--forceall", "--quiet", "all", *PROFILE)
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


def premises(changes: list) -> list[str]:
    """What `dvc status` says of the stage's command, its dependencies and parameters, as lines."""
    lines = [change for change in changes if change == "changed command"]
    for change in changes:
        for path, state in change.get("changed deps", {}).items() if isinstance(change, dict) else ():
            lines.append(f"{path}: {state if isinstance(state, str) else ', '.join(state)}")
    return lines


def refuse(differing: list[str], why: str) -> None:
    if differing:
        listed = "\n  ".join(differing[:MOST_NAMED])
        more = f"\n  and {len(differing) - MOST_NAMED} more" if len(differing) > MOST_NAMED else ""
        raise UserError(f"not restored. What differs {why}:\n  {listed}{more}")


def dvc(*words: str, **environment: str) -> str:
    return call("dvc", *words, **environment)


def call(module: str, *words: str, **environment: str) -> str:
    command = [sys.executable, "-m", module, *words]
    result = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
    if result.returncode:
        said = (result.stderr.strip() or result.stdout.strip())[-2000:]
        raise UserError(f"{module} {' '.join(words)} failed:\n{said}")
    return result.stdout + (result.stderr if module == "snakemake" else "")


if __name__ == "__main__":
    run(main)
