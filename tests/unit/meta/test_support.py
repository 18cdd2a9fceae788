import shutil

import numpy as np
import pytest
import torch

from metahdr import registry
from metahdr.images.files import write_exr
from metahdr.meta.support import support_labels
from metahdr.methods.debevec import Debevec
from metahdr.scenes.scene import Scenes, label_name


@pytest.fixture
def scenes(results, tmp_path):
    """Scenes with labels whose every value is the exposure's index, plus ten for ExpandNet."""
    data = shutil.copytree(results.parent, tmp_path / "data") / results.name
    for scene in Scenes(data, "train"):
        for index, ev in enumerate(scene.evs):
            for source, value in (("simulated", index), ("expandnet", index + 10)):
                write_exr(
                    data / "labels" / source / scene.chunk / label_name(scene.name, ev),
                    np.full((32, 32, 3), value, "f4"),
                )
    return Scenes(data, "train")


@pytest.mark.parametrize(("source", "first"), [("simulated", 0), ("expandnet", 10)])
@pytest.mark.parametrize("held_out", [0, 1, 2])
def test_a_networks_labels_are_those_of_the_exposures_that_are_not_held_out(scenes, source, first, held_out):
    labels = support_labels(scenes, scenes[1], held_out, source)
    assert labels.shape == (2, 3, 32, 32)
    assert labels.amax((1, 2, 3)).tolist() == [first + i for i in range(3) if i != held_out]


def test_true_labels_are_the_tasks_own(scenes):
    labels = support_labels(scenes, scenes[0], 0, "true")
    assert torch.equal(labels, torch.stack([scenes[0].hdr] * 2))


@pytest.mark.parametrize("held_out", [0, 1, 2])
def test_the_merge_is_near_the_truth_where_an_exposure_is_neither_black_nor_saturated(scenes, held_out):
    for scene in scenes:
        labels = support_labels(scenes, scene, held_out, "debevec")
        assert labels.shape == (2, 3, 32, 32)
        assert torch.equal(labels[0], labels[1])
        others = scene.ldr[[i for i in range(3) if i != held_out]]
        known = ((others > 0.1) & (others < 0.9)).any(0)
        error = (labels[0] / scene.hdr).log2()[known].square().mean().sqrt()
        assert error < 0.25, f"{scene.name}: {error} stops"


def test_the_merge_knows_nothing_of_the_held_out_exposure(scenes):
    scene = scenes[0]
    before = support_labels(scenes, scene, 1, "debevec")
    scene.ldr[1] = 0.5
    scene.hdr.zero_()
    assert torch.equal(support_labels(scenes, scene, 1, "debevec"), before)
    scene.ldr[2] = 0.5
    assert not torch.equal(support_labels(scenes, scene, 1, "debevec"), before)


def test_where_both_support_exposures_are_saturated_the_merge_is_where_the_darker_one_clips(scenes):
    scene = scenes[0]
    saturated = (scene.ldr[1:] == 1).all(0)
    assert saturated.any()
    assert (support_labels(scenes, scene, 0, "debevec")[0][saturated] == 1).all()  # EV 0 clips at 1.0


class Darkest(Debevec):
    """A method of another package: the darkest exposure, brought to the scene's scale."""

    name = "darkest"

    def reconstruct(self, exposures, stops):
        return exposures[:1] / 2 ** stops[0]


def test_a_stack_method_of_another_package_makes_labels_too(scenes, monkeypatch):
    ours = registry._places("methods")
    monkeypatch.setattr(registry, "_places", lambda kind: ours | {"darkest": f"{__name__}:Darkest"})
    scene = scenes[0]
    labels = support_labels(scenes, scene, 0, "darkest")
    expected = (scene.ldr[1] / 2 ** scene.stops[1]).expand(2, -1, -1, -1)
    assert torch.equal(labels, expected)
