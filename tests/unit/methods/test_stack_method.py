"""The method that makes a stack of exposures out of one: training, weight files, merge."""

import logging

import numpy as np
import pytest
import torch

from metahdr.brackets.synthesis import synthesise
from metahdr.camera.response import Response
from metahdr.config.check import load
from metahdr.errors import UserError
from metahdr.images.files import write_exr
from metahdr.images.panorama import perspective_view
from metahdr.methods import stack as stack_method
from metahdr.methods.stack import Stack
from metahdr.methods.stack.pairs import RandomStacks
from metahdr.methods.stack.response import scaled_response
from metahdr.methods.stack.settings import StackTraining
from metahdr.methods.stack.trainer import StackTrainer
from metahdr.nets.exposure_transfer import generate_stack
from metahdr.nets.hdrcnn import HDRCNN
from metahdr.tables import read_table
from metahdr.training.centralised import centralise
from metahdr.training.inputs import TrainingInputs
from metahdr.training.views import decode_images
from metahdr.weights.ours import save_network

TINY = {"width": 2, "size": 32, "steps": 2, "batch": 1, "save_every": 1}


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture(scope="module")
def data(tmp_path_factory, scenery, write_fold):
    folder = tmp_path_factory.mktemp("stack")
    for seed, name in enumerate("ab"):
        write_exr(folder / f"{name}.exr", scenery(seed))
    write_fold(folder, a="train", b="test")
    return folder


@pytest.fixture
def inputs(data, tmp_path):
    def make(state="state.pt", **settings):
        raw = {name: data / f"{name}.exr" for name in "ab"}
        settings = StackTraining(**TINY | settings)
        return TrainingInputs(data, raw, "panoramas", settings, 0, 1, "digest", tmp_path / state)

    return make


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """Two steps of each direction."""
    folder, raw = tmp_path_factory.mktemp("trained"), {"a": data / "a.exr"}
    inputs = TrainingInputs(data, raw, "panoramas", StackTraining(**TINY), 0, 1, "digest", folder / "state.pt")
    Stack.train(inputs, folder / "stack.safetensors", folder / "stack.csv")
    return folder / "stack.safetensors", folder / "stack.csv"


@pytest.fixture
def view(scenery):
    """Linear light `(96, 96, 3)`, of which EV 0 clips a twentieth."""
    light = perspective_view(scenery(4, 256, 512), 40, 70, 96)
    return light / np.quantile(light, 0.95)


def test_first_the_brighter_then_the_darker_exposures_are_learned(trained):
    table = read_table(trained[1])
    assert table.step.tolist() == [1, 2, 3, 4]
    assert table.direction.tolist() == ["up", "up", "down", "down"]
    assert np.isfinite(table[["loss", "tone", "histogram", "edges", "image", "hdr"]].to_numpy()).all()
    assert "context" not in table


def test_a_step_changes_every_part_of_one_network_and_leaves_the_other_alone(inputs, monkeypatch):
    trainer = StackTrainer(inputs(steps=1))
    drawn = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    seen, step = [], StackTrainer.train_step

    def watched(self, batch):
        row = step(self, batch)
        values = self.network.state_dict()
        seen.append(
            {".".join(name.split(".")[:2]) for name, value in drawn.items() if (values[name] != value).any()}
        )
        drawn.update({name: value.clone() for name, value in values.items()})
        return row

    monkeypatch.setattr(StackTrainer, "train_step", watched)
    trainer.run()
    assert seen == [{f"{side}.{part}" for part in ("tone", "edges", "refine")} for side in ("up", "down")]


@pytest.mark.parametrize(("done", "response"), [(1, "truth"), (3, "prediction")])
def test_an_interrupted_training_goes_on_to_the_same_bytes(inputs, tmp_path, monkeypatch, done, response):
    def model(name, state="state.pt"):
        Stack.train(inputs(state, response=response), tmp_path / name, tmp_path / f"{name}.csv")
        return (tmp_path / name).read_bytes(), (tmp_path / f"{name}.csv").read_bytes()

    class Killed(Exception):
        pass

    def killed(self, batch, step=StackTrainer.train_step):
        if self.step == done:
            raise Killed
        return step(self, batch)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(StackTrainer, "train_step", killed)
        model("killed.safetensors")
    assert StackTrainer(inputs(response=response)).step == done
    assert model("killed.safetensors") == model("whole.safetensors", "whole.pt")


def test_the_stack_of_a_trained_method_has_its_input_in_the_middle_and_merges(trained):
    method = Stack.load(trained[0])
    assert list(method.trained_on()) == ["a"]
    torch.manual_seed(0)
    images = torch.rand(2, 3, 33, 27)
    stack = method.exposures(images[0])
    assert stack.shape == (7, 3, 33, 27)
    assert torch.equal(stack[3], images[0])
    assert stack.min() >= 0 and stack.max() <= 1
    light = method.reconstruct(images, [0.0, 1.0])
    assert light.shape == images.shape
    assert torch.isfinite(light).all() and light.min() >= 0
    torch.testing.assert_close(light[:1], method.merge(stack)[None])
    torch.testing.assert_close(light[1:], method.reconstruct(images[1:], [0.0]) / 2)


def test_a_large_image_goes_through_in_tiles_nearly_as_it_would_whole(trained, scenery, monkeypatch):
    monkeypatch.setattr(stack_method, "TILE", 512)
    method = Stack.load(trained[0])
    image = torch.from_numpy(np.clip(scenery(0, 32, 700), 0, 1).transpose(2, 0, 1).copy()).float()
    tiled = method.exposures(image)
    with torch.inference_mode():
        whole = generate_stack(method.network["up"], method.network["down"], image[None])[0]
    torch.testing.assert_close(tiled, whole, atol=0.01, rtol=0)
    light = method.merge(tiled)
    evs = range(-3, 4)
    expected = synthesise(tiled[None], list(evs), scaled_response(tiled[None], list(evs)))[0]
    torch.testing.assert_close(light, expected)


def test_weights_of_another_method_and_no_weights_are_refused_in_one_line(tmp_path):
    path = tmp_path / "other.safetensors"
    save_network(path, HDRCNN(1 / 64), {"method": "hdrcnn", "trained_on": {}})
    with pytest.raises(UserError) as error:
        Stack.load(path)
    assert str(error.value) == f"{path}: found weights of hdrcnn; expected those of stack"
    with pytest.raises(UserError) as error:
        Stack.load()
    assert str(error.value) == ("stack: no weights are shipped; give a weight file of a run, stack.safetensors")


@pytest.mark.parametrize("response", [Response(0.9, 0.6), Response(0.7, 0.4)], ids=str)
@pytest.mark.parametrize("stops", [1.0, 0.5])
def test_the_merge_of_true_exposures_is_the_light_on_the_scale_of_the_middle_one(view, response, stops):
    method = Stack(None, StackTraining(stops=stops))
    taken = [np.round(255 * response(np.clip(view * 2 ** (stops * k), 0, 1))) / 255 for k in range(-3, 4)]
    stack = torch.from_numpy(np.stack(taken).transpose(0, 3, 1, 2)).float()
    merged = method.merge(stack)
    truth = torch.from_numpy(view.transpose(2, 0, 1))
    shown = (stack[0] < 0.9) & (stack[-1] > 0.1)
    assert shown.float().mean() > 0.9
    ratio = merged[shown] / truth[shown]
    assert ratio.median().item() == pytest.approx(1, abs=0.08)
    assert (ratio / ratio.median() - 1).abs().quantile(0.95) < 0.05


def test_values_that_scatter_below_white_move_the_scale_little(view):
    rng = np.random.default_rng(0)
    taken = [np.round(255 * Response(0.9, 0.6)(np.clip(view * 2.0**k, 0, 1))) for k in range(-3, 4)]
    scattered = [np.where(image == 255, rng.integers(245, 256, image.shape), image) / 255 for image in taken]
    merged = Stack(None, StackTraining()).merge(
        torch.from_numpy(np.stack(scattered).transpose(0, 3, 1, 2)).float()
    )
    shown = (taken[3] < 200) & (taken[3] > 30)
    assert np.median(merged.numpy().transpose(1, 2, 0)[shown] / view[shown]) == pytest.approx(1, abs=0.1)


def test_an_example_is_a_stack_of_its_light(data, inputs, tmp_path):
    files = decode_images({"a": data / "a.exr"}, tmp_path)
    stacks = RandomStacks(files, True, inputs(steps=4).settings, 0)
    assert StackTrainer(inputs(steps=4)).steps == 8, "both directions"
    for stack, light in (stacks[index] for index in range(8)):
        assert stack.shape == (7, 3, 32, 32) and stack.dtype == np.uint8
        assert light.shape == (3, 32, 32) and light.dtype == np.float32
        assert (np.diff(stack.mean((1, 2, 3))) >= 0).all()
        for number, exposure in enumerate(stack):
            clipped = light * 2.0 ** (number - 3) > 1
            assert not clipped.any() or np.median(exposure[clipped]) > 240
    for one, again in zip(stacks[5], RandomStacks(files, True, inputs(steps=4).settings, 0)[5], strict=True):
        np.testing.assert_array_equal(one, again)


def exposures_of(view: np.ndarray, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """EV 0 to -3 by a camera without noise, `(1, 4, 3, size, size)`, and the light."""
    light = torch.from_numpy(view[:size, :size].transpose(2, 0, 1).copy())[None]
    taken = [Response(0.9, 0.6)(np.clip(light.numpy() / 2.0**k, 0, 1)) for k in range(4)]
    return torch.from_numpy(np.stack(taken, 1)).mul(255).round().div(255).float(), light


def test_a_network_that_makes_the_true_exposures_has_hardly_any_loss(inputs, view):
    trainer, (truth, light) = StackTrainer(inputs()), exposures_of(view, 96)

    def perfect(image, state):
        number = (state or 0) + 1
        return truth[:, number], truth[:, number], torch.zeros(1, 1, 96, 96), number

    terms = trainer.terms(perfect, truth, [0.0, -1.0, -2.0, -3.0], light)
    assert terms["tone"] == terms["histogram"] == terms["image"] == 0
    assert 0 < terms["edges"] < 0.2  # what Canny finds
    assert terms["hdr"] < 0.05


def test_the_terms_of_values_do_not_depend_on_the_size_of_the_image(inputs, view):
    trainer, (truth, light) = StackTrainer(inputs()), exposures_of(view, 48)

    def nothing(image, state):
        return image, image, torch.zeros_like(image[:, :1]), None

    small, large = (
        trainer.terms(nothing, truth.repeat(1, 1, 1, k, k), [0.0, -1.0, -2.0, -3.0], light.repeat(1, 1, k, k))
        for k in (1, 2)
    )
    for name in ("tone", "histogram", "image", "hdr"):
        assert small[name].item() == pytest.approx(large[name].item(), rel=0.02), name
    assert 0.5 < small["histogram"] <= 2


def test_a_centralised_gradient_is_what_is_left_without_the_mean_of_each_output():
    torch.manual_seed(0)
    layer, unused = torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(5, 2)
    layer(torch.rand(2, 3, 8, 8)).square().sum().backward()
    weight, bias = layer.weight.grad.numpy().copy(), layer.bias.grad.clone()
    centralise([*layer.parameters(), *unused.parameters()])
    for found, before in zip(layer.weight.grad.numpy(), weight, strict=True):
        np.testing.assert_allclose(found, before - before.sum() / before.size, rtol=1e-4, atol=1e-4)
    assert torch.equal(layer.bias.grad, bias)
    assert unused.weight.grad is None


def test_too_small_training_images_are_refused_with_the_least_size():
    with pytest.raises(
        UserError, match=r"training\.stack\.size: found 31; input should be greater than or equal to 32"
    ):
        load({"training": {"stack": {"size": 31}}})


def test_a_missing_file_of_vgg19_is_refused_and_none_is_warned_of_once(inputs, tmp_path, caplog):
    with pytest.raises(UserError) as error:
        StackTrainer(inputs(vgg19=str(tmp_path / "none.pth")))
    assert str(error.value) == f"training.stack.vgg19: {tmp_path}/none.pth: no such file"
    with caplog.at_level(logging.WARNING):
        StackTrainer(inputs())
    (message,) = caplog.messages
    assert message.startswith("no contextual bilateral loss: training.stack.vgg19 names no file of VGG-19's")
