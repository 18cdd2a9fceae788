"""The meta-training script and signals, in processes forked from one that has imported everything."""

import json
import multiprocessing
import os
import random
import runpy
import signal
import sys
import time
from multiprocessing import Process
from pathlib import Path

import pytest
import torch
import yaml
from bits import same

from metahdr.training.checkpoint import remove_state

KILLS = 8
OUTPUTS = ("best.pt", "last.pt", "history.csv")


def meta_train(script: Path, data: Path, settings: dict, run: Path) -> None:
    """The script as it runs from the command line; each attempt has a log in the run's folder."""
    sources = run.with_name("sources.json")
    sources.write_text("{}", encoding="utf-8")
    sys.argv = [str(script), "--method", "metahdr", "--data", str(data), "--sources", str(sources)]
    sys.argv += ["--raw", str(data), "--kind", "panoramas", "--settings", json.dumps(settings), "--seed", "0"]
    sys.argv += ["--threads", "1", "--code", "digest", "--state", str(run / "state.pt")]
    sys.argv += ["--model", str(run / "best.pt"), "--history", str(run / "history.csv")]
    sys.argv += ["--log", str(run / f"{time.monotonic_ns()}.log")]
    runpy.run_path(str(script), run_name="__main__")


def outputs(run: Path) -> list:
    return [torch.load(run / name, weights_only=True) for name in OUTPUTS[:2]] + [
        (run / OUTPUTS[2]).read_text(encoding="utf-8")
    ]


def finished(run: Path) -> bool:
    return all((run / name).exists() for name in OUTPUTS)


def logs(run: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(run.glob("*.log"))]


@pytest.fixture(scope="module")
def start(results, repository):
    """Starts the script with the smoke configuration, but one inner step, for a run's folder."""
    script = repository / "workflow" / "scripts" / "train.py"
    settings = yaml.safe_load((repository / "config" / "smoke.yaml").read_text(encoding="utf-8"))["meta"] | {
        "inner_steps": 1
    }
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["metahdr.meta.trainer", "metahdr.workflow.script"])

    def start(run: Path) -> Process:
        run.mkdir(exist_ok=True)
        process = processes.Process(target=meta_train, args=(script, results, settings, run))
        process.start()
        return process

    with pytest.MonkeyPatch.context() as patch:  # what the forks' parent is started with
        patch.setenv("PYTHONPATH", str(repository / "src"))
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        yield start


@pytest.fixture(scope="module")
def uninterrupted(start, tmp_path_factory) -> tuple[list, float]:
    """What a run makes, and how many seconds it takes."""
    run = tmp_path_factory.mktemp("uninterrupted")
    process, begun = start(run), None  # the first process waits until the forks' parent has imported everything
    while not (run / "state.pt").exists() and process.is_alive():
        begun = begun or (time.monotonic() if list(run.glob("*.log")) else None)
        time.sleep(0.01)
    process.join()
    return outputs(run), time.monotonic() - begun


def test_a_training_killed_eight_times_ends_bit_for_bit_like_one_that_was_not(start, uninterrupted, tmp_path):
    expected, duration = uninterrupted
    rng, run, kills, in_a_save = random.Random(0), tmp_path / "run", 0, 0
    while (more := kills < KILLS or not in_a_save) or not finished(run):
        if finished(run):  # before the last kill: once more from the beginning
            remove_state(run / "state.pt")
            for name in OUTPUTS:
                (run / name).unlink()
        (run / ".part-0-state.pt").unlink(missing_ok=True)  # the last kill's, which would be taken for a new save
        process = start(run)
        if more:
            if kills % 2:
                process.join(rng.uniform(0, duration / 4))
            else:
                for name in ("state.pt", ".part-0-state.pt"):  # a state to go on from, then a save to fall into
                    while process.is_alive() and not (run / name).exists():
                        time.sleep(0.0002)
                time.sleep(rng.uniform(0, 0.01) if kills % 4 else 0)
            process.kill()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
        kills += process.exitcode != 0
        in_a_save += (run / ".part-0-state.pt").exists()
        if finished(run):
            assert same(outputs(run), expected)
    assert sum("resumed from" in log for log in logs(run)) > 1
    assert {path.name for path in run.iterdir() if path.suffix != ".log"} == set(OUTPUTS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_the_script_with_its_status_and_one_line_and_loses_nothing(
    start, uninterrupted, tmp_path, number
):
    run = tmp_path / "run"
    process = start(run)
    while not (run / "state.pt").exists():
        time.sleep(0.002)
    os.kill(process.pid, number)
    process.join()
    assert process.exitcode == 128 + number
    (log,) = logs(run)
    assert log.splitlines()[-1].endswith(f"ERROR ended by {number.name}")
    assert "Traceback" not in log
    assert "state.pt goes on at iteration" in log
    start(run).join()
    assert same(outputs(run), uninterrupted[0])
