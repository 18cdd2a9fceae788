"""What every registered method promises, whatever it does inside."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from ahdrnet_file import authors_state
from safetensors.numpy import save_file
from wu_file import authors_arrays, write_checkpoint

from metahdr.errors import UserError
from metahdr.meta.learner import Learner
from metahdr.methods.base import TrainingInputs
from metahdr.methods.ldr import Untouched
from metahdr.methods.merging.base import MergingMethod
from metahdr.methods.single_hdr.pipeline import Pipeline
from metahdr.methods.single_hdr.responses import response_model
from metahdr.nets.expandnet import ExpandNet
from metahdr.nets.hdrcnn import HDRCNN
from metahdr.nets.mobilenet_autoencoder import MobileNetAutoencoder
from metahdr.nets.radiance import RadianceNet
from metahdr.registry import METHODS
from metahdr.training import checkpoint
from metahdr.weights.ours import save_network

ALL = list(METHODS)
SINGLE = [name for name in ALL if METHODS[name].takes == "single"]
ADAPTING = [name for name in ALL if METHODS[name].adapts]
ORACLES = {"response", "polynomial"}


@pytest.fixture
def load(tmp_path, tiny, scene):
    """A method by name, those with networks from small weight files, as it is before it reconstructs `scene`."""

    def load(name: str):
        torch.manual_seed(0)
        path = None
        if name in ("hdrcnn", "hdrcnn_metered"):
            path = tmp_path / "hdrcnn.safetensors"
            save_network(path, HDRCNN(1 / 64), {"width": 1 / 64, "trained_on": {"oak": "12ab"}})
        elif name.startswith("radiance"):
            path = tmp_path / "radiance.safetensors"
            save_network(path, RadianceNet(), {"trained_on": {"oak": "12ab"}})
        elif name == "wu_official":
            path = tmp_path / "pretrained_ckp.zip"
            write_checkpoint(path, authors_arrays())
        elif name == "ahdrnet_official":
            path = tmp_path / "ahdr_model.pt"
            torch.save(authors_state(), path)
        elif issubclass(METHODS[name], MergingMethod):
            path = tmp_path / f"{name}.safetensors"
            settings = {"residual_kernel": 1} if name.startswith("wu") else {}
            facts = {"method": name, "settings": settings, "trained_on": {"oak": "12ab"}}
            network = METHODS[name].build(METHODS[name].settings(**settings))
            save_network(path, network, facts)
        elif name == "autoencoder":
            path = tmp_path / "autoencoder.safetensors"
            facts = {"method": name, "settings": {"filters": 1}, "trained_on": {"oak": "12ab"}}
            save_network(path, MobileNetAutoencoder(1), facts)
        elif name.startswith("single_hdr"):
            path = tmp_path / "single_hdr.safetensors"
            facts = {"method": "single_hdr", "settings": {"width": 1 / 16}, "trained_on": {"oak": "12ab"}}
            save_network(path, Pipeline(*response_model(None), 1 / 16), facts)
        elif name == "stack":
            path = tmp_path / "stack.safetensors"
            facts = {"method": name, "settings": {"width": 2}, "trained_on": {"oak": "12ab"}}
            save_network(path, METHODS[name].build(METHODS[name].settings(width=2)), facts)
        elif name.startswith("expandnet"):
            path = tmp_path / "expandnet.pth"
            torch.save(ExpandNet().state_dict(), path)
        elif name == "metahdr":
            path = tmp_path / "best.pt"
            values = {"parameters": Learner(tiny).state_dict(), "settings": tiny.model_dump_json()}
            checkpoint.save(path, values)
        elif name.startswith("lut"):
            path = tmp_path / "lut.safetensors"
            table = np.linspace(0, 1, 256, dtype=np.float32)
            save_file({"table": table}, path, {"metahdr": json.dumps({"trained_on": {"oak": "12ab"}})})
        method = METHODS[name].load(path).told(scene, 0)
        if method.takes == "labels":
            method = method.adapt(scene.ldr[1:], scene.hdr.expand(2, -1, -1, -1), scene.stops[1:])
        return method

    return load


@pytest.mark.parametrize("name", ALL)
def test_a_method_states_its_facts(name):
    method = METHODS[name]
    assert method.name == name
    assert method.title and method.citation
    assert method.scale in ("exposure", "scene")
    assert method.is_oracle() == (name in ORACLES)
    given = {
        "single": {"exposure"},
        "stack": {"support"},
        "bracket": {"exposure", "ev", "support"},
        "labels": set(),
    }
    given = given[method.takes] | ({"ev"} if method.takes == "single" and method.scale == "exposure" else set())
    assert method.uses - {"response", "truth"} == given
    assert ("shipped" in method.weights) == (method.shipped is not None)
    assert method.weights_of is None or METHODS[method.weights_of].weights == method.weights
    assert method.shipped is None or method.shipped.is_file()


def test_the_facts_of_all_methods_are_read_without_torch():
    code = (
        "import sys; from metahdr.registry import METHODS; from metahdr.config.check import load; load({}); "
        "[METHODS[name].takes for name in METHODS]; sys.exit('torch' in sys.modules)"
    )
    source = Path(__file__).parents[3] / "src"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(source)}).returncode == 0


@pytest.mark.parametrize("name", ALL)
def test_radiance_is_finite_non_negative_and_of_the_exposures_shape(load, scene, name):
    method = load(name)
    width = 32 if method.takes == "labels" else 27  # no multiple of anything
    x = scene.ldr[..., :width].clone()
    x[:, :, :4] = 0
    x[:, :, -4:] = 1
    radiance = method.reconstruct(x, scene.stops)
    assert radiance.shape == (1 if method.takes in ("stack", "bracket") else len(x), 3, 32, width)
    assert radiance.dtype == torch.float32
    assert torch.isfinite(radiance).all() and radiance.min() >= 0


@pytest.mark.parametrize("name", ALL)
def test_one_stop_more_halves_the_radiance_where_the_method_answers_in_the_exposures_scale(load, scene, name):
    method = load(name)
    radiance = method.reconstruct(scene.ldr, scene.stops)
    brighter = method.reconstruct(scene.ldr, [stop + 1 for stop in scene.stops])
    if method.scale == "exposure":
        torch.testing.assert_close(brighter, radiance / 2)
    else:
        assert torch.equal(brighter, radiance)


@pytest.mark.parametrize("name", SINGLE)
def test_a_method_of_single_exposures_reconstructs_each_by_itself(load, scene, name):
    method = load(name)
    together = method.reconstruct(scene.ldr, scene.stops)
    for index, stops in enumerate(scene.stops):
        alone = method.reconstruct(scene.ldr[index : index + 1], [stops])
        torch.testing.assert_close(together[index : index + 1], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ADAPTING)
def test_adaptation_gives_another_method_and_leaves_the_first_as_it_was(load, scene, name):
    method = load(name)
    before = method.reconstruct(scene.ldr, scene.stops)
    adapted = method.adapt(scene.ldr[:2], scene.hdr.expand(2, -1, -1, -1) * 0.9, scene.stops[:2])
    assert torch.equal(method.reconstruct(scene.ldr, scene.stops), before)
    assert not torch.equal(adapted.reconstruct(scene.ldr, scene.stops), before)


@pytest.mark.parametrize("name", sorted(set(ALL) - set(ADAPTING)))
def test_a_method_that_does_not_adapt_says_so(load, scene, name):
    with pytest.raises(UserError, match=f"{name}: this method does not adapt"):
        load(name).adapt(scene.ldr, scene.ldr, scene.stops)


@pytest.mark.parametrize("name", ALL)
def test_only_an_oracle_is_another_method_once_it_is_told(load, scene, name):
    method = load(name)
    assert (method.told(scene, 0) is not method) == (name in ORACLES)


@pytest.mark.parametrize("name", sorted(ORACLES | {"label"}))
def test_a_method_that_does_not_know_its_scene_yet_says_so(scene, name):
    with pytest.raises(UserError, match=f"{name}: .*must be (told|adapted)"):
        METHODS[name].load().reconstruct(scene.ldr, scene.stops)


@pytest.mark.parametrize("name", ["expandnet", "metahdr", "lut", "lut_metered"])
def test_a_method_without_shipped_weights_asks_for_a_file(name):
    with pytest.raises(UserError, match=f"{name}: no weights are shipped"):
        METHODS[name].load()


def test_a_method_that_is_not_trained_says_so(tmp_path):
    inputs = TrainingInputs(tmp_path, {}, "panoramas", None, 0, 1, "", tmp_path / "state.pt")
    with pytest.raises(UserError, match="ldr: this method is not trained"):
        Untouched.train(inputs, tmp_path / "model", tmp_path / "history.csv")


def test_what_each_method_without_a_network_answers(scene):
    x = torch.full((2, 3, 4, 4), 0.5)
    assert torch.equal(METHODS["ldr"].load().reconstruct(x, [0.0, 3.0]), x)
    squared = METHODS["gamma_2"].load().reconstruct(x, [0.0, 3.0])
    torch.testing.assert_close(squared.amax((1, 2, 3)), torch.tensor([0.25, 0.03125]))
    curved = METHODS["gamma_2_2"].load().reconstruct(x, [0.0, 1.0])
    torch.testing.assert_close(curved.amax((1, 2, 3)), torch.tensor([0.5**2.2, 0.5**3.2]))


def test_what_a_method_was_trained_on_is_read_from_its_file(load, tmp_path):
    for name in ("hdrcnn", "hdrcnn_metered", "lut", "lut_metered"):
        assert load(name).trained_on() == {"oak": "12ab"}
    assert load("gamma_2").trained_on() == {}
    save_network(tmp_path / "old.safetensors", HDRCNN(1 / 64), {"width": 1 / 64, "trained_on": ["oak"]})
    assert METHODS["hdrcnn"].load(tmp_path / "old.safetensors").trained_on() == {"oak": ""}
