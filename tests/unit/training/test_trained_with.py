import json
from pathlib import Path

import pytest
from torch import nn

from metahdr.config.meta import Meta
from metahdr.errors import UserError
from metahdr.methods.metahdr import load_learner
from metahdr.registry import METHODS
from metahdr.training import checkpoint
from metahdr.training.trained_with import check_settings
from metahdr.weights.ours import save_network


def test_a_network_of_other_settings_is_refused_with_its_file_and_every_key():
    found, expected = Meta(inner_lr=0.01, tasks=3), Meta(inner_lr=0.5, tasks=5)
    with pytest.raises(UserError) as refused:
        check_settings(Path("fold0/best.pt"), found, expected)
    lines = str(refused.value).splitlines()
    assert lines[0].startswith("fold0/best.pt: trained with other settings")
    assert lines[1:3] == ["  inner_lr: found 0.01, expected 0.5", "  tasks: found 3, expected 5"]


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
