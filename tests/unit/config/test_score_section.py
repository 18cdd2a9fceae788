import subprocess
import sys

import pytest
from pydantic import ValidationError

from metahdr.config.score import Score
from metahdr.registry import METHODS, METRICS


def test_every_registered_metric_but_the_benchmarks_is_computed_unless_some_are_named():
    assert Score().metric_names() == [name for name in METRICS if name not in ("log_psnr", "log_ssim")]
    assert Score(metrics=["psnr", "ssim", "psnr"]).metric_names() == ["psnr", "ssim"]


def test_the_methods_that_need_no_download_are_scored_unless_some_are_named():
    names = Score().method_names()
    by_name = {name for name, method in METHODS.items() if method.by_name}
    assert (
        names[0] == "ldr" and set(METHODS) - set(names) == {"metahdr", "expandnet", "expandnet_minmax"} | by_name
    )
    assert set(names) - set(Score().method_names(response_known=False)) == {"response"}
    assert Score(methods=["response"]).method_names(response_known=False) == ["response"]
    assert Score(methods=["expandnet", "ldr", "ldr"]).method_names() == ["expandnet", "ldr"]
    assert Score(methods=[]).method_names() == []


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("metrics", ["psnrr"], "did you mean psnr?"),
        ("metrics", [], "at least 1"),
        ("methods", ["gamma2"], "did you mean gamma_2?"),
        ("methods", ["metahdr"], "scored by its trainings, which meta.label_sources names"),
    ],
)
def test_a_name_that_cannot_be_scored_is_explained(key, value, message):
    with pytest.raises(ValidationError, match=message.replace("?", r"\?")):
        Score(**{key: value})


def test_the_rules_learn_what_is_scored_without_torch(repository):
    code = (
        "from metahdr.config.score import Score; Score().method_names(); import sys; print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(
        command, capture_output=True, encoding="utf-8", env={"PYTHONPATH": str(repository / "src")}
    )
    assert result.stdout == "False\n", result.stderr
