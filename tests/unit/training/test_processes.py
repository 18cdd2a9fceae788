"""Meta-training shared by processes, through the real script under torchrun."""

import os
import subprocess

import pytest
from bits import same
from warm import warm_python

from metahdr.config.meta import Meta
from metahdr.meta.trainer import Trainer
from metahdr.training import checkpoint, processes
from metahdr.training.inputs import TrainingInputs

SETTINGS = Meta(filters=2, inner_steps=1, tasks=3, iterations=4, validate_every=2, save_every=2)


@pytest.fixture
def train(results, repository):
    """Runs the script in a folder, in so many processes; what it then has saved."""

    def train(folder, count):
        script = repository / "workflow" / "scripts" / "train.py"
        (folder / "sources.json").write_text("{}", encoding="utf-8")
        torchrun = [warm_python(), "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
        arguments = {
            "method": "metahdr",
            "data": results,
            "sources": folder / "sources.json",
            "raw": folder,
            "kind": "panoramas",
            "settings": SETTINGS.model_dump_json(),
            "seed": 0,
            "threads": 1,
            "code": "digest",
            "state": folder / "state.pt",
            "model": folder / "best.pt",
            "history": folder / "history.csv",
            "log": folder / "log.txt",
        }
        command = [*torchrun, "--", script]
        for name, value in arguments.items():
            command += [f"--{name}", value]
        environment = os.environ | {"PYTHONPATH": str(repository / "src"), "CUDA_VISIBLE_DEVICES": ""}
        ended = subprocess.run([*map(str, command)], env=environment, capture_output=True, encoding="utf-8")
        assert ended.returncode == 0, ended.stderr
        saved = [checkpoint.load(folder / name) for name in ("best.pt", "last.pt")]
        return saved, (folder / "log.txt").read_text(encoding="utf-8")

    return train


def test_any_number_of_processes_trains_to_the_same_bits_and_goes_on_where_another_was(
    results, train, tmp_path, monkeypatch
):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    def make(folder):
        state = folder / "state.pt"
        return Trainer(TrainingInputs(results, {}, "panoramas", SETTINGS, 0, 1, "digest", state))

    alone = make(tmp_path)
    alone.run()
    expected = [alone.best, alone.checkpoint()]
    (tmp_path / "five").mkdir()
    saved, log = train(tmp_path / "five", 5)
    assert same(saved, expected)
    assert log.count("meta-train: 4 of 4") == 1, "one process speaks for all"

    (tmp_path / "two").mkdir()
    begun = make(tmp_path / "two")
    for _ in range(2):
        begun.history.append(begun.train_step(0))
    begun.save()
    saved, log = train(tmp_path / "two", 2)
    assert "resumed from" in log
    assert same(saved, expected)


def test_a_process_alone_does_all_the_work():
    with processes.process_group():
        assert processes.world_size() == 1
        assert processes.shard(range(5)) == range(5)
        assert processes.broadcast_from_first(lambda: 7) == 7


def test_a_training_ends_and_resumes_when_another_process_gets_the_signal(results, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    inputs = TrainingInputs(results, {}, "panoramas", SETTINGS, 0, 1, "digest", tmp_path / "state.pt")
    one = Trainer(inputs)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(processes, "any_process", lambda flag: one.iteration == 1)
        one.run()
    assert Trainer(inputs).iteration == 1
