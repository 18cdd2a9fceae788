"""SingleHDR: what it is trained on, its five stages, its weight file."""

import runpy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

from metahdr.camera.emor import SAMPLES, read_inverse_emor
from metahdr.camera.family import draw_camera
from metahdr.errors import UserError
from metahdr.images.files import write_exr
from metahdr.methods.single_hdr import SingleHDR, pairs, pipeline, responses
from metahdr.methods.single_hdr.pairs import Examples
from metahdr.methods.single_hdr.settings import SingleHDRTraining
from metahdr.methods.single_hdr.trainer import SingleHDRTrainer
from metahdr.nets.response import apply_response
from metahdr.scenes.scene import Scenes
from metahdr.seeds import named_rng
from metahdr.tables import read_table
from metahdr.training.inputs import TrainingInputs
from metahdr.training.views import decode_images
from metahdr.weights.ours import save_network

STEPS = {"dequantise": 1, "linearise": 1, "hallucinate": 1, "joint": 2, "refine": 1}
ORDER = [stage for stage, steps in STEPS.items() for _ in range(steps)]
TINY = {"width": 1 / 16, "size": 32, "batch": 2} | {f"{stage}_steps": steps for stage, steps in STEPS.items()}


@pytest.fixture(scope="module")
def train(repository, results, tmp_path_factory):
    script = runpy.run_path(str(repository / "workflow/scripts/train.py"))["main"]
    sources, raw = results.parent / "sources.json", results.parent / "raw"

    def train(folder=None):
        folder = folder or tmp_path_factory.mktemp("trained")
        model, history = folder / "single_hdr.safetensors", folder / "history.csv"
        files = results, sources, raw, "panoramas", 0, 1, "c0de", folder / "state.pt", model, history
        script("single_hdr", *files, SingleHDRTraining(**TINY).model_dump())
        return model, history

    return train


@pytest.fixture(scope="module")
def trained(train):
    return train()


@pytest.fixture(scope="module")
def trainer(results, tmp_path_factory):
    def make(**settings):
        state = tmp_path_factory.mktemp("state") / "state.pt"
        raw = {path.stem: path for path in (results.parent / "raw").iterdir()}
        settings = SingleHDRTraining(**TINY | settings)
        return SingleHDRTrainer(TrainingInputs(results, raw, "panoramas", settings, 0, 1, "c0de", state))

    return make


def batch(trainer):
    """The first two examples."""
    examples = trainer.draw()
    return default_collate([examples[0], examples[1]])


@pytest.fixture(scope="module")
def images(scenery, tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    write_exr(folder / "a.exr", scenery(0), half=False)
    return decode_images({"a": folder / "a.exr"}, folder / "decoded")


@pytest.fixture(scope="module")
def examples(images):
    def make(seed=0, panoramas=True, **settings):
        return Examples(images, panoramas, SingleHDRTraining(**TINY | settings), seed)

    return make


@pytest.fixture
def clean(monkeypatch):
    """Cameras without JPEG, and with no noise but what is given."""

    def clean(noise):
        def draw(rng, likely):
            return replace(draw_camera(rng, likely), shot=0.0, read=0.0, noise=noise, jpeg=None)

        monkeypatch.setattr(pairs, "draw_camera", draw)

    return clean


@pytest.fixture
def invemor(tmp_path):
    """A file in the layout of CAVE's; the mean is a square, the components are sines."""
    u = np.linspace(0, 1, SAMPLES)
    blocks = {"B": u, "g0": u**2} | {f"hinv({k})": np.sin(k * np.pi * u) for k in range(1, 14)}
    path = tmp_path / "invemor.txt"
    path.write_text(
        "".join(f"{name} = \n{' '.join(map(str, values))}\n" for name, values in blocks.items()), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("noise", [0.0, 0.004])
def test_the_target_before_quantisation_is_half_a_level_from_the_exposure_but_for_noise(examples, clean, noise):
    clean(noise)
    for ldr, encoded, *_ in map(examples().__getitem__, range(8)):
        assert ldr.shape == encoded.shape == (3, 32, 32)
        assert np.abs(ldr - encoded).max() <= 0.5 / 255 + 6 * noise + 1e-6
        assert (encoded * 255 % 1 > 0.01).any(), "it is not rounded"


@pytest.mark.parametrize("panoramas", [True, False])
def test_the_table_of_an_example_linearises_what_does_not_clip(examples, panoramas):
    for example in map(examples(panoramas=panoramas).__getitem__, range(8)):
        _, encoded, light, table = (torch.from_numpy(part)[None] for part in example)
        assert table.shape == (1, SAMPLES) and table[0, 0] == 0 and table[0, -1] == 1
        found = apply_response(encoded, table)
        torch.testing.assert_close(found[light < 1], light[light < 1], rtol=0.01, atol=1e-3)
        torch.testing.assert_close(found, light.clamp(max=1), rtol=0, atol=2e-3)


def test_exposures_differ_but_at_most_half_of_the_pixels_clip(examples):
    shares = [(light.max(0) > 1).mean() for _, _, light, _ in map(examples(ev=[2.0, 3.0]).__getitem__, range(8))]
    assert max(shares) <= 0.5 and max(shares) > 0.4
    shares = [(light.max(0) > 1).mean() for _, _, light, _ in map(examples(ev=[-3.0, -2.0]).__getitem__, range(8))]
    assert max(shares) < 0.1


def test_an_example_depends_on_seed_and_index_alone(examples):
    one, again = examples(), examples()
    again[0]
    for a, b in zip(one[5], again[5], strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one[5].ldr, one[6].ldr)
    assert not np.array_equal(one[5].ldr, examples(seed=1)[5].ldr)


def test_eleven_components_hold_nearly_all_the_variance_of_likely_responses():
    mean, basis = (table.numpy() for table in responses.response_model(None))
    np.testing.assert_allclose(basis @ basis.T, np.eye(11), atol=1e-5)
    rng = named_rng(0, "inverse responses")
    seen = [draw_camera(rng, likely=True).table(SAMPLES) for _ in range(responses.CAMERAS)]
    new = [draw_camera(named_rng(1, number), likely=True).table(SAMPLES) for number in range(200)]
    for tables, explained in ((seen, 0.99999), (new, 0.9999)):
        deviations = np.stack(tables) - mean
        rest = deviations - deviations @ basis.T @ basis
        assert np.square(rest).sum() < (1 - explained) * np.square(deviations).sum()


def test_the_file_of_inverse_responses_is_read(invemor):
    mean, basis = responses.response_model(invemor)
    u = torch.linspace(0, 1, SAMPLES)
    torch.testing.assert_close(mean, u**2)
    torch.testing.assert_close(basis, torch.sin(torch.pi * torch.arange(1, 12)[:, None] * u), rtol=0, atol=1e-5)
    invemor.write_text(invemor.read_text(encoding="utf-8").replace("hinv", "h"), encoding="utf-8")
    with pytest.raises(UserError, match=r"expected B, g0, hinv\(1\), .* as invemor.txt of CAVE"):
        read_inverse_emor(invemor, 11)


def test_each_stage_trains_its_own_networks_and_leaves_the_others_as_they_are(trainer):
    one = trainer(learning_rate=0.01, decay=False)
    seen = batch(one)
    three = {"dequantise", "linearise", "hallucinate"}
    for index, stage in enumerate(ORDER):
        one.history = [{}] * index
        before = {name: value.clone() for name, value in one.network.state_dict().items()}
        row = one.train_step(seen)
        after = one.network.state_dict()
        changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
        assert changed == (three if stage == "joint" else {stage})
        assert row["stage"] == stage and row["step"] == index + 1
        assert one.optimiser.param_groups[0]["lr"] == pytest.approx(0.001 if stage == "joint" else 0.01)


def test_the_loss_is_the_weighted_sum_of_equation_24_where_vgg16_is_given(trainer, vgg16_file):
    one = trainer(vgg16=str(vgg16_file))
    one.history = [{}] * ORDER.index("joint")
    row = one.train_step(batch(one))
    weights = {"dequantised": 1, "linear": 10, "response": 1, "light": 1, "perceptual": 0.001, "variation": 0.1}
    assert set(row) == {"step", "stage", "loss", *weights}
    assert row["perceptual"] > 0
    assert row["loss"] == pytest.approx(sum(weight * row[name] for name, weight in weights.items()), rel=1e-5)


def test_it_is_trained_in_five_stages_and_reconstructs(trained, results):
    model, history = trained
    table = read_table(history)
    assert table.stage.tolist() == ORDER and table.loss.notna().all()
    assert table.groupby("stage").response.count()[["joint", "linearise", "refine"]].tolist() == [2, 1, 0]
    method = SingleHDR.load(model)
    assert set(method.trained_on()) == set(Scenes(results, "train").table.source)
    scene = Scenes(results, "test")[0]
    stages = method.stages(scene.ldr)
    dequantised, linear, hallucinated, refined, response = stages
    assert dequantised.min() >= 0 and dequantised.max() <= 1
    assert linear.min() >= 0 and linear.max() <= 1
    assert (hallucinated >= linear).all() and refined.min() >= 0
    torch.testing.assert_close(linear, apply_response(dequantised, response))
    assert (response.diff(dim=1) >= 0).all() and (response[:, -1] == 1).all()
    radiance = method.reconstruct(scene.ldr, scene.stops)
    scale = torch.tensor(scene.stops).exp2().view(-1, 1, 1, 1)
    torch.testing.assert_close(radiance, refined / scale, rtol=1e-4, atol=1e-5)


def test_an_interrupted_training_goes_on_to_the_same_weights(train, trained, tmp_path, monkeypatch):
    step = SingleHDRTrainer.train_step

    def ended(self, batch):
        if self.step == ORDER.index("joint") + 1:
            self.save()
            raise KeyboardInterrupt
        return step(self, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(SingleHDRTrainer, "train_step", ended)
        train(tmp_path)
    resumed, history = train(tmp_path)
    assert resumed.read_bytes() == trained[0].read_bytes()
    assert history.read_bytes() == trained[1].read_bytes()


def test_a_weight_file_has_the_responses_that_it_was_trained_with(trained, monkeypatch):
    mean, basis = responses.response_model(None)
    monkeypatch.setattr(responses, "_of_the_family", None)
    found = SingleHDR.load(trained[0]).network.linearise
    assert torch.equal(found.mean, mean) and torch.equal(found.basis, basis)


def test_other_weights_and_none_are_refused_in_one_line(tmp_path):
    other = tmp_path / "other.safetensors"
    save_network(other, torch.nn.Linear(1, 1), {"method": "ahdrnet"})
    with pytest.raises(UserError, match=r"other\.safetensors: found weights of ahdrnet; expected those of single"):
        SingleHDR.load(other)
    with pytest.raises(UserError, match="single_hdr: no weights are shipped; give a weight file of a run"):
        SingleHDR.load()


def test_a_picture_that_is_too_small_says_how_large_it_must_be():
    with pytest.raises(UserError, match="single_hdr: found 40x15 pixels; .* must have 16x16 at least"):
        SingleHDR(None, None).stages(torch.zeros(1, 3, 15, 40))


def test_a_missing_file_of_vgg16_is_named(trainer):
    with pytest.raises(UserError, match=r"nowhere\.pth: no such file"):
        trainer(vgg16="nowhere.pth")


def test_a_large_image_goes_through_in_tiles_as_it_would_whole(trained, scenery, monkeypatch):
    method, sizes = SingleHDR.load(trained[0]), []
    picture = np.clip(scenery(0, 64, 1100) / 2, 0, 1).astype(np.float32)
    x = torch.from_numpy(picture.transpose(2, 0, 1)[None].copy())
    with monkeypatch.context() as patch, torch.inference_mode():
        patch.setattr(pipeline, "TILE", 2048)
        patch.setattr(pipeline, "LARGE", 2048)
        whole = method.network(x)
    monkeypatch.setattr(pipeline, "TILE", 512)
    for network in (method.network.dequantise, method.network.hallucinate, method.network.linearise):
        network.register_forward_pre_hook(lambda _, inputs: sizes.append(inputs[0].shape[-1]))
    tiled = method.stages(x)
    assert sizes == [704, 780, 268, 550, 704, 780, 268]  # 512 and 192 beside them; the response of half the size
    torch.testing.assert_close(tiled.dequantised, whole.dequantised)
    torch.testing.assert_close(tiled.response, whole.response, atol=0.02, rtol=0)
    monkeypatch.setattr(method.network.linearise, "forward", lambda _: tiled.response)
    monkeypatch.setattr(pipeline, "TILE", 2048)
    for name, expected in method.network(x)._asdict().items():
        torch.testing.assert_close(getattr(tiled, name), expected, atol=1e-4, rtol=1e-3)


def test_an_image_of_one_tile_is_what_the_networks_make_of_it(trained, scenery):
    method = SingleHDR.load(trained[0])
    x = torch.from_numpy(np.clip(scenery(1, 64, 96) / 2, 0, 1).transpose(2, 0, 1)[None].copy()).float()
    network = method.network
    with torch.inference_mode():
        dequantised = network.dequantised(x)
        response = network.linearise(dequantised)
        linear = apply_response(dequantised, response)
        hallucinated = network.hallucinated(linear)
        expected = dequantised, linear, hallucinated, network.refine(hallucinated, linear, dequantised), response
    assert all(torch.equal(*pair) for pair in zip(method.stages(x), expected, strict=True))
