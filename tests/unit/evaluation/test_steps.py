import pytest
import torch

from metahdr.config.meta import Meta
from metahdr.config.photometry import Photometry
from metahdr.evaluation import steps
from metahdr.evaluation.predictions import reconstruct
from metahdr.evaluation.steps import values_by_step
from metahdr.meta.learner import Learner
from metahdr.metrics.measure import measure
from metahdr.registry import METHODS, METRICS
from metahdr.scenes.scene import Scenes
from metahdr.training import checkpoint


@pytest.mark.parametrize("rates", ["fixed", "per_parameter", "per_layer_and_step"])
def test_the_values_are_those_of_the_method_adapted_by_as_many_steps(results, tmp_path, rates, monkeypatch):
    monkeypatch.setattr(steps, "STEPS", 3)
    scenes = Scenes(results, "test")
    table = None
    for number in range(4):
        settings = Meta(filters=1, inner_steps=max(number, 1), inner_rates=rates)
        torch.manual_seed(0)
        values = Learner(settings).state_dict()
        for name in [name for name in values if name.startswith("learned_rates")]:
            values[name] = values[name] * torch.linspace(1, 2, len(values[name])).view(
                -1, *[1] * (values[name].ndim - 1)
            )
        path = tmp_path / f"{number}.pt"
        checkpoint.save(path, {"parameters": values, "settings": settings.model_dump_json()})
        if rates == "per_layer_and_step" and number != 3:
            continue  # its rates depend on the number of steps it was trained for
        table = values_by_step(path, scenes, "true", [METRICS["psnr"]], Photometry())
        image = reconstruct(METHODS["metahdr"].load(path), scenes, scenes[0], 0, ["true"])
        mode = "adapted_true" if number else "single"
        expected = measure(image[mode], scenes[0].hdr, scenes[0].ldr[0], [METRICS["psnr"]], Photometry(), {})[
            0
        ].value
        found = table[(table.scene == scenes[0].name) & (table.step == number)].value.item()
        assert found == pytest.approx(expected, abs=1e-4)
    assert list(table.step.drop_duplicates()) == [0, 1, 2, 3]
    assert list(table.ev.drop_duplicates()) == [-2, 0], "two scenes: the first exposure, the second one"
