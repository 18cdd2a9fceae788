"""Results of a run published with DVC, and published ones restored, so that Snakemake has nothing to do."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from metahdr.companions import is_companion
from metahdr.config.data import Data
from metahdr.datasets.register import find_dataset
from metahdr.datasets.verify import verify
from metahdr.errors import UserError, listed
from metahdr.workflow.plan import jobs, missing

_STAGE = "reproduce"
_PROFILE = ["--workflow-profile", "workflow/profiles/default"]


def publish(data: Data) -> None:
    """Records a finished run in `dvc.lock`, and pushes it with the dataset and the metrics' weights.

    Raises:
        UserError: no remote is named, the run is not finished, some of what it made is gone, or a network is not
            what the configuration asks for.
    """
    _check_remote()
    if left := _work():
        raise UserError(f"there is work to do first ({left}): make reproduce")
    if gone := missing(_call("snakemake", "--summary", *_PROFILE)):
        some = " ".join(map(shlex.quote, gone[:10]))
        raise UserError(
            f"{len(gone)} file(s) or folder(s) of the run are gone; make them again:\n"
            f"  snakemake {' '.join(_PROFILE)} {some}"
        )
    _call("snakemake", "check_networks", "--quiet", *_PROFILE)
    weights = [path for path in (Path(data.raw).parent / "weights").glob("*") if not is_companion(path.name)]
    files = sorted(str(path) for path in weights if path.suffix not in (".sha256", ".dvc", ".partial"))
    _dvc("add", f"{data.raw}/{data.dataset}", *files)
    _dvc("commit", "--force", _STAGE)
    _dvc("push", _STAGE, *_tracked(data))
    print("published. Commit what names these bytes:\n  git add dvc.lock", *_tracked(data))


def restore(data: Data, results: str) -> None:
    """Pulls what `dvc.lock` names, checks every file, and leaves Snakemake nothing to do.

    Raises:
        UserError: no remote is named, or what was published is of another state than this one, or is damaged.
    """
    _check_remote()
    if not Path("dvc.lock").exists():
        raise UserError("dvc.lock is not here: nothing was published from this commit; make reproduce computes it")
    # Results of other code or of another configuration are refused before they replace anything.
    differing = _premises(json.loads(_dvc("status", "--json", _STAGE)).get(_STAGE, []))
    _refuse(differing, "was not what these results were made with; make reproduce computes its own")
    _dvc("pull", _STAGE, *_tracked(data))
    # DVC takes what it has just written for right; without its notes it hashes every file.
    folders = [results, *(path.removesuffix(".dvc") for path in _tracked(data))]
    with TemporaryDirectory() as notes:
        said = _dvc("data", "status", "--json", "--granular", *folders, DVC_SITE_CACHE_DIR=notes)
    found = json.loads(said).get("uncommitted", {})
    differing = [f"{path}: {state}" for state, paths in found.items() for path in paths]
    _refuse(
        differing, "is not what was published; remove it and .dvc/cache, and if that does not help, publish anew"
    )
    raw = Path(data.raw)
    dataset = find_dataset(Path(data.register_file), data.dataset)
    state = verify(dataset, raw / data.dataset, raw / ".verified" / f"{data.dataset}.csv")
    _refuse(state.wrong, f"is not what is registered of {data.dataset}")
    # DVC writes files at any time; only now, when all are known to be right, may Snakemake take them for new.
    # Every job, because a changed parameter reruns nothing of a job whose parameters Snakemake has not noted.
    _call("snakemake", "--touch", "--forceall", "--quiet", "all", *_PROFILE)
    if left := _work():
        raise UserError(f"restored, but Snakemake would still run {left}")
    print("restored: nothing is left to do")


def _check_remote() -> None:
    if not _dvc("remote", "list").strip():
        raise UserError("DVC has no remote; name a folder, S3 or SSH: dvc remote add --default store ADDRESS")


def _work() -> str:
    """The jobs that Snakemake would run, empty where there are none."""
    said = _call("snakemake", "--dry-run", *_PROFILE)
    why = [line for line in said.splitlines() if "is trained again" in line]
    return "\n  ".join([", ".join(f"{count} {name}" for name, count in jobs(said).items()), *why])


def _tracked(data: Data) -> list[str]:
    """The `.dvc` files of the dataset and of the weights that metrics need."""
    weights = sorted(map(str, (Path(data.raw).parent / "weights").glob("*.dvc")))
    return [f"{data.raw}/{data.dataset}.dvc", *weights]


def _premises(changes: list) -> list[str]:
    """What `dvc status` says of the stage's command, its dependencies and parameters, as lines."""
    lines = [change for change in changes if change == "changed command"]
    for change in changes:
        for path, state in change.get("changed deps", {}).items() if isinstance(change, dict) else ():
            lines.append(f"{path}: {state if isinstance(state, str) else ', '.join(state)}")
    return lines


def _refuse(differing: list[str], why: str) -> None:
    if differing:
        named = "\n  ".join(listed(differing))
        raise UserError(f"not restored. What differs {why}:\n  {named}")


def _dvc(*words: str, **environment: str) -> str:
    return _call("dvc", *words, **environment)


def _call(module: str, *words: str, **environment: str) -> str:
    command = [sys.executable, "-m", module, *words]
    result = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", env=os.environ | environment
    )
    if result.returncode:
        said = (result.stderr.strip() or result.stdout.strip())[-2000:]
        raise UserError(f"{module} {' '.join(words)} failed:\n{said}")
    return result.stdout + (result.stderr if module == "snakemake" else "")
