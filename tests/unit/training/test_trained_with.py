from pathlib import Path

import pytest

from metahdr.config.meta import Meta
from metahdr.errors import UserError
from metahdr.training.trained_with import check_settings


def test_a_network_of_other_settings_is_refused_with_its_file_and_every_key():
    found, expected = Meta(inner_lr=0.01, tasks=3), Meta(inner_lr=0.5, tasks=5)
    with pytest.raises(UserError) as refused:
        check_settings(Path("fold0/best.pt"), found, expected)
    lines = str(refused.value).splitlines()
    assert lines[0].startswith("fold0/best.pt: trained with other settings")
    assert lines[1:3] == ["  inner_lr: found 0.01, expected 0.5", "  tasks: found 3, expected 5"]


def test_settings_that_change_no_result_may_differ():
    check_settings(Path("best.pt"), Meta(save_every=3, encoder="a.pth"), Meta(save_every=5))
