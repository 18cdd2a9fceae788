"""Networks that merge moving brackets: inputs, training, weight files, and the merges they are compared with."""

import runpy
from functools import cache

import numpy as np
import pytest
import torch

from metahdr.brackets.flow import align_by_flow
from metahdr.brackets.homography import align_by_homography, find_homography
from metahdr.brackets.motion import Shake
from metahdr.camera.response import Response
from metahdr.config.motion import Motion
from metahdr.config.score import Score
from metahdr.errors import UserError
from metahdr.images.panorama import perspective_view
from metahdr.methods.merging.ahdrnet import AHDRNetTraining
from metahdr.methods.merging.inputs import by_gamma, light_gains, with_light
from metahdr.methods.merging.kalantari import KalantariTraining
from metahdr.methods.merging.trainer import MergingTrainer
from metahdr.methods.merging.wu import WuTraining
from metahdr.methods.tiles import in_tiles
from metahdr.registry import METHODS
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table

TINY = {"size": 32, "steps": 2, "batch": 2}
SETTINGS = {
    "kalantari_direct": KalantariTraining(**TINY),
    "kalantari_we": KalantariTraining(**TINY),
    "kalantari_wie": KalantariTraining(**TINY, first_stage=0.5),
    "wu_unet": WuTraining(**TINY),
    "wu_resnet": WuTraining(**TINY, residual_kernel=1),
    "ahdrnet": AHDRNetTraining(**TINY, features=4, growth=2),
}
STOPS = (-2.0, 0.0, 2.0)
STILL = Shake()


@pytest.fixture(scope="module")
def moving(results, move_scenes):
    return move_scenes(results, Motion(things=1))


@pytest.fixture(scope="module")
def train(repository, moving, tmp_path_factory):
    script = runpy.run_path(str(repository / "workflow/scripts/train.py"))["main"]

    def train(name, folder=None, settings=None):
        folder = folder or tmp_path_factory.mktemp("trained")
        model, history, sources = (
            folder / file for file in (f"{name}.safetensors", "history.csv", "sources.json")
        )
        sources.write_text("{}", encoding="utf-8")
        section = (settings or SETTINGS[name]).model_dump()
        script(name, moving, sources, moving, "panoramas", 0, 1, "c0de", folder / "state", model, history, section)
        return model, history

    return train


@pytest.fixture(scope="module")
def trained(train):
    """The model and the history of a network with its small settings, trained once."""
    return cache(train)


@pytest.fixture
def bracket(moving):
    return Scenes(moving, "test", moving=True)[0]


def taken(panorama, shake=STILL, stop=0.0):
    view = perspective_view(panorama, 40 + shake.yaw, 70, 96, shake.pitch, shake.roll)
    return np.round(255 * Response(0.9, 0.6)(np.clip(view * 2**stop / np.quantile(view, 0.99), 0, 1))).astype(
        np.uint8
    )


def test_the_light_of_an_exposure_is_its_gamma_over_its_time_and_one_where_the_darkest_clips():
    exposures = torch.tensor([1.0, 0.5, 0.25]).view(3, 1, 1, 1).expand(3, 3, 2, 2)
    inputs = with_light(exposures, light_gains(STOPS))
    assert inputs.shape == (3, 6, 2, 2)
    assert inputs[:, 3:, 0, 0].tolist() == [
        pytest.approx([value] * 3) for value in (1, 0.5**2.2 / 4, 0.25**2.2 / 16)
    ]


def test_the_light_that_networks_are_given_is_that_of_the_cameras_response(scenery):
    light = perspective_view(scenery(1, 256, 512), 40, 70, 96)
    light /= np.quantile(light, 0.9)
    response = Response(0.6, 0.9)  # far from a gamma
    exposures = [np.round(255 * response(np.clip(light * 2**stop, 0, 1))).astype(np.uint8) for stop in STOPS]
    inputs = with_light(by_gamma(np.stack(exposures), STOPS), light_gains(STOPS))
    for index, exposure in enumerate(exposures):
        shown = ((exposure > 30) & (exposure < 240)).transpose(2, 0, 1)
        found = inputs[index, 3:].numpy()[shown] * 4  # 1.0 of the bracket's light is where EV -2 clips
        np.testing.assert_allclose(found, light.transpose(2, 0, 1)[shown], rtol=0.1)
        by_values = (exposure / 255.0).transpose(2, 0, 1)[shown] ** 2.2 * 2 ** -STOPS[index]
        assert np.abs(np.log(by_values / light.transpose(2, 0, 1)[shown])).mean() > 0.2, "a gamma alone is far off"


@pytest.mark.parametrize("name", SETTINGS)
def test_a_network_is_trained_written_and_merges_a_bracket(name, trained, moving, bracket):
    model, history = trained(name)
    assert read_table(history).loss.notna().sum() == 2
    method = METHODS[name].load(model)
    assert set(method.trained_on()) == set(Scenes(moving, "train").table.source)
    merged = method.reconstruct(bracket.ldr, bracket.stops)
    assert merged.shape == (1, 3, 32, 32)
    assert torch.isfinite(merged).all()
    assert merged.min() >= 0 and merged.max() <= 4  # where EV -2 clips


def test_an_interrupted_training_goes_on_to_the_same_weights(train, trained, tmp_path, monkeypatch):
    whole, _ = trained("wu_unet")
    step = MergingTrainer.train_step

    def ended(self, batch):
        if batch == 1:
            self.save()
            raise KeyboardInterrupt
        return step(self, batch)

    monkeypatch.setattr(MergingTrainer, "train_step", ended)
    with pytest.raises(KeyboardInterrupt):
        train("wu_unet", tmp_path)
    monkeypatch.setattr(MergingTrainer, "train_step", step)
    resumed, history = train("wu_unet", tmp_path)
    assert resumed.read_bytes() == whole.read_bytes()
    assert read_table(history).step.tolist() == [1, 2]


def test_a_loss_that_is_not_finite_ends_a_training_with_its_step(train, monkeypatch):
    monkeypatch.setattr(METHODS["wu_unet"], "loss", lambda *given: torch.tensor(torch.nan, requires_grad=True))
    with pytest.raises(UserError, match="train wu_unet: the loss of step 1 is nan; a lower learning rate"):
        train("wu_unet")


def test_the_weight_and_image_estimator_first_learns_to_keep_the_aligned_images(train, bracket):
    settings = KalantariTraining(**TINY | {"steps": 80, "learning_rate": 0.001, "decay": False}, first_stage=1.0)
    model, history = train("kalantari_wie", settings=settings)
    loss = read_table(history).loss
    assert loss[-10:].mean() < 0.5 * loss[:10].mean()
    method = METHODS["kalantari_wie"].load(model)
    gains = light_gains(bracket.stops)
    inputs = with_light(bracket.ldr, gains)[None]
    images = method.network(inputs)[0, 9:].unflatten(0, (3, 3))
    found = method.loss(method.network, inputs, gains[None], bracket.hdr[None], 0.5, settings)
    assert found.item() == pytest.approx((images - bracket.ldr).square().mean().item(), rel=1e-5)


def test_weights_of_another_network_are_refused(trained):
    model, _ = trained("kalantari_we")
    with pytest.raises(UserError, match="found weights of kalantari_we; expected those of kalantari_wie"):
        METHODS["kalantari_wie"].load(model)


def test_a_network_without_a_weight_file_says_where_one_comes_from():
    with pytest.raises(UserError, match="ahdrnet: no weights are shipped; give a weight file of a run"):
        METHODS["ahdrnet"].load()


@pytest.mark.parametrize(
    ("stops", "said"),
    [
        ((0.0, 2.0), r"found 2 exposures \(EV \+0, \+2\); it merges 3"),
        ((2.0, 0.0, -2.0), r"found exposures in the order EV \+2, \+0, -2; give them from dark to bright"),
    ],
)
def test_another_number_of_exposures_or_another_order_is_refused_in_one_line(trained, stops, said):
    method = METHODS["kalantari_we"].load(trained("kalantari_we")[0])
    with pytest.raises(UserError, match=f"kalantari_we: {said}"):
        method.reconstruct(torch.zeros(len(stops), 3, 32, 32), stops)


def test_tiles_with_a_margin_of_the_receptive_field_give_the_whole_image():
    network = torch.nn.Conv2d(3, 3, 5, padding=2)
    x = torch.rand(1, 3, 37, 50, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(in_tiles(network, x, 16, 2), network(x))
        assert not torch.allclose(in_tiles(network, x, 16, 0), network(x))


def test_they_are_scored_only_where_they_are_named():
    assert not set(SETTINGS) & set(Score().method_names())
    assert Score(methods=list(SETTINGS)).method_names() == list(SETTINGS)


@pytest.mark.parametrize("stop", [-2.0, 2.0])
def test_a_homography_of_a_shaken_camera_is_found_between_exposures(scenery, stop):
    panorama, shake = scenery(4, 256, 512), Shake(1.0, -0.7, 1.5)
    one, other = taken(panorama), taken(panorama, shake, stop)
    found = find_homography(one, other, stop)
    corners = np.array([[10, 10, 1], [85, 10, 1], [10, 85, 1], [85, 85, 1]], float).T
    expected, got = (matrix @ corners for matrix in (np.linalg.inv(shake.homography(70, 96)), found))
    assert np.abs(expected[:2] / expected[2] - got[:2] / got[2]).max() < 0.5


@pytest.mark.parametrize("align", [align_by_flow, align_by_homography])
def test_alignment_undoes_a_shake_and_leaves_the_middle_exposure_alone(scenery, align):
    panorama = scenery(4, 256, 512)
    still = [taken(panorama, stop=stop) for stop in STOPS]
    shaken = [taken(panorama, Shake(yaw=shift), stop) for shift, stop in zip((1.5, 0, -1.5), STOPS, strict=True)]
    aligned = align(np.stack(shaken), STOPS)
    assert (aligned[1] == shaken[1]).all()
    inner = np.s_[8:-8, 8:-8]
    for index in (0, 2):
        before, after = (
            np.abs(image[inner].astype(float) - still[index][inner]).mean()
            for image in (shaken[index], aligned[index])
        )
        assert after < 0.5 * before


@pytest.mark.parametrize("align", [align_by_flow, align_by_homography])
def test_an_even_or_a_tiny_picture_stays_as_it_is(align):
    for size in (8, 40):
        bracket = np.full((3, size, size, 3), 90, np.uint8)
        assert (align(bracket, STOPS) == bracket).all()


def test_the_deghosted_merge_shows_what_the_middle_exposure_shows_where_the_aligned_one_has_a_ghost(scenery):
    panorama = scenery(4, 256, 512)
    bracket = np.stack([taken(panorama, stop=stop) for stop in STOPS])
    truth = METHODS["merge_aligned"]().reconstruct(torch.from_numpy(bracket.transpose(0, 3, 1, 2)) / 255.0, STOPS)
    bracket[2, 30:60, 30:60] = 20  # a dark thing that only the bright exposure shows
    images = torch.from_numpy(bracket.transpose(0, 3, 1, 2)) / 255.0
    ghost, clean = (METHODS[f"merge_{kind}"]().reconstruct(images, STOPS) for kind in ("aligned", "deghosted"))
    thing = np.s_[..., 35:55, 35:55]
    ghost_error, clean_error = ((image[thing] / truth[thing]).log2().abs().mean() for image in (ghost, clean))
    assert clean_error < 0.2 and ghost_error > 3 * clean_error
