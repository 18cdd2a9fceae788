import json
from pathlib import Path

import pytest
import torch
from torch import nn

from metahdr.config.meta import Meta
from metahdr.errors import UserError
from metahdr.files import sha256
from metahdr.methods.metahdr import load_learner
from metahdr.registry import METHODS
from metahdr.training import checkpoint
from metahdr.training.trained_with import Asked, check_networks, check_settings, differences, differing
from metahdr.weights.facts import read_facts
from metahdr.weights.ours import save_network


def test_a_network_of_other_settings_is_refused_with_its_file_and_every_key():
    found, expected = Meta(inner_lr=0.01, tasks=3), Meta(inner_lr=0.5, tasks=5)
    with pytest.raises(UserError) as refused:
        check_settings(Path("fold0/best.pt"), found, expected)
    lines = str(refused.value).splitlines()
    assert lines[0] == "trained with something else than the configuration asks for"
    assert lines[1:4] == ["fold0/best.pt:", "  inner_lr: found 0.01, expected 0.5", "  tasks: found 3, expected 5"]
    assert "remove the file" in lines[4]


def test_settings_that_change_no_result_may_differ():
    check_settings(Path("best.pt"), Meta(save_every=3, encoder="a.pth"), Meta(save_every=5))


@pytest.mark.parametrize("key", ["tensorboard", "runs"])
def test_a_checkpoint_of_an_older_version_is_refused_in_one_line(key, tmp_path):
    """Its settings have keys that section `meta` has no more."""
    path = tmp_path / "best.pt"
    checkpoint.save(path, {"parameters": {}, "settings": json.dumps(Meta().model_dump() | {key: True})})
    with pytest.raises(UserError) as refused:
        load_learner(path)
    assert str(refused.value) == (
        f"{path}: saved with settings of another version of metahdr ({key}: unknown key); train it again"
    )


def test_a_weight_file_of_an_older_version_is_refused_in_one_line(tmp_path):
    path, method = tmp_path / "stack.safetensors", METHODS["stack"]
    settings = method.settings().model_dump() | {"tensorboard": False}
    save_network(path, nn.Linear(1, 1), {"method": "stack", "settings": settings, "trained_on": {}})
    with pytest.raises(UserError) as refused:
        method.load(path)
    assert str(refused.value) == (
        f"{path}: saved with settings of another version of metahdr (tensorboard: unknown key); train it again"
    )


def test_a_saved_value_that_is_no_longer_allowed_is_named(tmp_path):
    checkpoint.save(tmp_path / "best.pt", {"parameters": {}, "settings": json.dumps({"inner_steps": 0})})
    with pytest.raises(UserError, match=r"best\.pt: .* \(inner_steps: .*greater than.*\); train it again$"):
        load_learner(tmp_path / "best.pt")


@pytest.fixture
def network(tmp_path):
    """Writes a network's file with facts, in a fold's folder with one file that it was trained on."""
    fold = tmp_path / "fold0"
    fold.mkdir()
    (fold / "scenes.csv").write_text("source,sha256\na,12ab\n", encoding="utf-8")

    def write(**more) -> Path:
        inputs = {"scenes.csv": sha256(fold / "scenes.csv"), "raw/a": "12ab"}
        facts = {"method": "metahdr", "settings": Meta().model_dump(), "seed": 0, "code": "c0de", "inputs": inputs}
        checkpoint.save(fold / "best.pt", {"parameters": {}}, facts | more)
        return fold / "best.pt"

    return write


def asked(**more) -> Asked:
    return Asked(**{"stage": "", "method": "metahdr", "settings": {}, "seed": 0, "code": "c0de"} | more)


def test_a_network_that_is_what_is_asked_for_passes(network):
    path = network()
    assert differences(path, asked()) == []
    check_networks({str(path): asked()})


@pytest.mark.parametrize(
    ("facts", "expected", "line"),
    [
        ({"seed": 1}, {}, "seed: found 1, expected 0"),
        ({"code": "beef"}, {}, "code: found 'beef', expected 'c0de'"),
        ({"settings": {"inner_lr": 0.01}}, {"settings": {"inner_lr": 0.5}}, "inner_lr: found 0.01, expected 0.5"),
        (
            {"settings": {"label_sources": ["true"]}},
            {"settings": {"label_sources": ["debevec"]}},
            "label_sources: ",
        ),
        ({"inputs": {"scenes.csv": "ab" * 32}}, {}, "scenes.csv: found abababababab, expected"),
        ({"inputs": {"scenes/chunk0/gone.npy": "ab" * 32}}, {}, "scenes/chunk0/gone.npy: found abababababab, "),
        ({"inputs": {"raw/a": "34cd"}}, {}, "raw/a: found 34cd, expected 12ab"),
    ],
)
def test_what_a_network_was_made_of_and_was_not_asked_for_is_named(network, facts, expected, line):
    path = network(**facts)
    with pytest.raises(UserError) as refused:
        check_networks({str(path): asked(**expected)})
    lines = str(refused.value).splitlines()
    assert lines[1] == f"{path}:" and lines[2].startswith(f"  {line}")


def test_a_file_of_pretrained_weights_is_compared_by_its_bytes(network, tmp_path):
    (tmp_path / "vgg16.pth").write_bytes(b"abc")
    path = network(inputs={"vgg16": sha256(tmp_path / "vgg16.pth")})
    section = {"settings": {"vgg16": str(tmp_path / "vgg16.pth")}}
    check_networks({str(path): asked(**section)})
    (tmp_path / "vgg16.pth").write_bytes(b"abd")
    with pytest.raises(UserError, match="vgg16: found"):
        check_networks({str(path): asked(**section)})


def test_a_network_without_facts_and_a_damaged_one_differ_from_what_is_asked_for(tmp_path):
    checkpoint.save(tmp_path / "old.pt", {"parameters": {}})
    (tmp_path / "cut.safetensors").write_bytes(b"cut")
    found = differing({str(tmp_path / name): asked() for name in ("old.pt", "cut.safetensors", "gone.pt")})
    assert found[str(tmp_path / "old.pt")] == ["carries no facts of its training"]
    assert "truncated" in found[str(tmp_path / "cut.safetensors")][0]
    assert str(tmp_path / "gone.pt") not in found


def test_facts_do_not_disturb_a_checkpoint_and_are_read_without_it(tmp_path):
    checkpoint.save(tmp_path / "best.pt", {"iteration": 3}, {"seed": 7})
    assert checkpoint.load(tmp_path / "best.pt") == {"iteration": 3}
    assert torch.load(tmp_path / "best.pt", weights_only=True) == {"iteration": 3}
    assert read_facts(tmp_path / "best.pt") == {"seed": 7}
