"""The square that a training task is cut to."""

import shutil

import numpy as np
import pytest
import torch

from metahdr.images.files import write_exr
from metahdr.meta.trainer import Drawn, Trainer
from metahdr.scenes.scene import Scenes, label_name
from metahdr.training.inputs import TrainingInputs

WHOLE = torch.arange(32 * 32).view(32, 32) % 251


@pytest.fixture
def numbered(results, tmp_path):
    """A fold whose exposures, truths and labels tell a pixel's place in the image, by one number, `WHOLE`."""
    folder = shutil.copytree(results.parent, tmp_path / "data")
    place = WHOLE.numpy()[..., None]
    for path in (folder / "exposures").glob("*/*.npy"):
        np.save(path, np.broadcast_to(place, np.load(path).shape).astype(np.uint8))
    for path in (folder / "scenes").glob("*/*.npy"):
        np.save(path, np.broadcast_to(place / 2550, np.load(path).shape).astype(np.float32))
    fold = folder / results.name
    for scene in Scenes(fold, None):
        for ev in scene.evs:
            label = np.broadcast_to(place / 255, (32, 32, 3)).astype(np.float32)
            write_exr(fold / "labels/simulated" / scene.chunk / label_name(scene.name, ev), label, half=False)
    return fold


@pytest.fixture
def trainer(tiny, tmp_path):
    def make(fold, **settings):
        settings = tiny.model_copy(update={"tasks": 5} | settings)
        return Trainer(TrainingInputs(fold, {}, "panoramas", settings, 0, 1, "digest", tmp_path / "state.pt"))

    return make


def test_exposures_labels_and_truth_are_cut_to_the_same_square(trainer, numbered):
    one = trainer(numbered, crop=16, label_sources=["simulated"])
    for drawn in one._draw():
        scene = one.training[drawn.scene]
        (exposures, labels), (exposure, truth) = one._task(drawn)
        square = WHOLE[drawn.top : drawn.top + 16, drawn.left : drawn.left + 16]
        truth = 10 * truth / 2 ** one.training.exposures.loc[scene.name].metering.iloc[0]
        for image in (*exposures[:, 0], exposure[0, 0], *labels[:, 0], truth[0, 0]):
            torch.testing.assert_close(255 * image, square.float(), atol=1e-3, rtol=0)


def test_the_squares_reach_every_edge_of_the_scene_and_no_further(trainer, results):
    one = trainer(results, crop=16)
    corners = set()
    for one.iteration in range(400):
        corners |= {(drawn.top, drawn.left) for drawn in one._draw()}
    for side in zip(*corners, strict=True):
        assert set(side) == set(range(17))


def test_crops_change_no_other_draw_and_another_iteration_has_others(trainer, results):
    tasks = {crop: [[d[:2] for d in trainer(results, crop=crop)._draw()] for _ in range(2)] for crop in (16, None)}
    assert tasks[16] == tasks[None]
    one = trainer(results, crop=16)
    first = one._draw()
    one.iteration = 1
    assert [drawn[2:] for drawn in first] != [drawn[2:] for drawn in one._draw()]


@pytest.mark.parametrize("crop", [None, 32, 64])
def test_a_scene_that_is_no_larger_than_the_crop_is_taken_whole(trainer, results, crop):
    one = trainer(results, crop=crop)
    assert {drawn[2:] for drawn in one._draw()} == {(0, 0)}
    _, (exposure, truth) = one._task(Drawn(0, 1))
    assert exposure.shape == truth.shape == (1, 3, 32, 32)


def test_the_crop_names_a_training_and_validation_sees_whole_scenes(trainer, results, monkeypatch):
    whole, cut = trainer(results, crop=None), trainer(results, crop=16)
    assert whole.identity != cut.identity
    whole_scores, cut_scores = whole.validate(), cut.validate()
    assert whole_scores == cut_scores
