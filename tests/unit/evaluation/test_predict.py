import shutil

import numpy as np
import pytest
import torch

from metahdr.config.expose import Expose
from metahdr.config.prepare import Prepare
from metahdr.errors import UserError
from metahdr.evaluation.predictions import prediction_name, reconstruct, write_predictions
from metahdr.images.files import read_hdr, write_exr
from metahdr.losses.make import make_loss
from metahdr.meta.learner import Learner, predict
from metahdr.meta.support import support_labels
from metahdr.methods.debevec import Debevec
from metahdr.methods.gamma import Gamma2
from metahdr.methods.metahdr import MetaHDR, load_learner
from metahdr.registry import METHODS
from metahdr.scenes.scene import Scenes, label_name
from metahdr.training import checkpoint


@pytest.fixture
def model(tmp_path, tiny):
    torch.manual_seed(0)
    values = {"parameters": Learner(tiny).state_dict(), "settings": tiny.model_dump_json()}
    checkpoint.save(tmp_path / "best.pt", values)
    return tmp_path / "best.pt"


def test_a_prediction_names_its_scene_held_out_exposure_and_mode():
    assert prediction_name("courtyard_3", 2.0, "single") == "courtyard_3_ev+2_single.exr"
    assert prediction_name("courtyard_3", -0.5, "adapted_true") == "courtyard_3_ev-0.5_adapted_true.exr"


def test_the_modes_are_single_shot_and_adaptation_with_each_label_source():
    assert MetaHDR.modes(["true", "debevec"]) == ["single", "adapted_true", "adapted_debevec"]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("ldr", {"single": {"exposure"}}),
        ("hdrcnn", {"single": {"exposure", "ev"}}),
        ("hdrcnn_metered", {"single": {"exposure"}}),
        ("response", {"single": {"exposure", "ev", "response"}}),
        ("polynomial", {"single": {"exposure", "truth"}}),
        ("debevec", {"stack": {"support"}}),
        ("debevec_all", {"stack": {"exposure", "ev", "support"}}),
        (
            "metahdr",
            {
                "single": {"exposure"},
                "adapted_true": {"exposure", "support", "support_truth"},
                "adapted_simulated": {"exposure", "support"},
            },
        ),
        (
            "lut",
            {
                "single": {"exposure", "ev"},
                "adapted_true": {"exposure", "ev", "support", "support_truth"},
                "adapted_simulated": {"exposure", "ev", "support"},
            },
        ),
        ("radiance", {"single": {"exposure", "ev"}, "calibrated": {"exposure", "ev", "support"}}),
        ("label", {"adapted_true": {"support", "support_truth"}, "adapted_simulated": {"support"}}),
    ],
)
def test_what_each_reconstruction_is_made_of(method, expected):
    method = METHODS[method]
    assert {mode: method.inputs(mode) for mode in method.modes(["true", "simulated"])} == expected


def test_the_true_label_is_the_truth_and_a_merged_one_is_that_of_the_other_exposures(results):
    scenes = Scenes(results, "test")
    images = reconstruct(METHODS["label"].load(), scenes, scenes[0], 1, ["true", "debevec"])
    torch.testing.assert_close(images["adapted_true"], scenes[0].hdr)
    merged = reconstruct(Debevec(), scenes, scenes[0], 1, ["true"])
    torch.testing.assert_close(images["adapted_debevec"], merged["stack"])


def test_an_oracle_is_told_every_scene_and_exposure(results, tmp_path):
    scenes = Scenes(results, "test")
    for name in ("response", "polynomial"):
        write_predictions(METHODS[name].load(), scenes, ["true"], tmp_path / name)
        for scene in scenes:
            for x, ev in zip(scene.ldr, scene.evs, strict=True):
                written = read_hdr(tmp_path / name / prediction_name(scene.name, ev, "single"))
                known = (x < 1).numpy().transpose(1, 2, 0)
                truth = scene.hdr.numpy().transpose(1, 2, 0)
                error = np.abs(written - truth)[known].mean() / truth[known].mean()
                assert error < 0.1, f"{name}, {scene.name}, EV {ev}"


def test_the_percentile_exposures_have_no_response_that_could_be_told(tmp_path, scenery, build_results):
    expose = Expose(method="percentile", max_saturated=1.0, max_black=1.0)
    images = {name: scenery(seed) for seed, name in enumerate(["alley", "beach", "cellar"])}
    folder = build_results(tmp_path / "data", images, Prepare(size=32, views=2), expose)
    scene = Scenes(folder, None)[0]
    assert scene.response is None
    with pytest.raises(UserError, match=f"the camera of {scene.name} is not known"):
        METHODS["response"].load().told(scene, 0)


def test_a_bracket_has_the_held_out_exposure_too(results):
    scenes = Scenes(results, "test")
    method = METHODS["debevec_all"].load()
    first, last = (reconstruct(method, scenes, scenes[0], held_out, [])["stack"] for held_out in (0, 2))
    assert torch.equal(first, last)
    assert torch.equal(first, method.reconstruct(scenes[0].ldr, scenes[0].stops)[0])


def test_every_scene_exposure_and_mode_is_written_as_predicted(results, model, tiny, tmp_path):
    scenes = Scenes(shutil.copytree(results.parent, tmp_path / "data") / results.name, "test")
    for scene in scenes:
        for i, ev in enumerate(scene.evs):
            name = scenes.fold.labels("simulated") / scene.chunk / label_name(scene.name, ev)
            write_exr(name, scene.ldr[i].numpy().transpose(1, 2, 0) ** 3)
    write_predictions(MetaHDR.load(model), scenes, ["true", "simulated", "debevec"], tmp_path / "predictions")
    assert len(list((tmp_path / "predictions").iterdir())) == len(scenes) * 3 * 4

    scene, loss = scenes[0], make_loss(tiny.loss, **tiny.loss_options)
    learner, _ = load_learner(model)
    for mode, target, steps in (
        ("single", support_labels(scenes, scene, 1, "true"), 0),
        ("adapted_true", support_labels(scenes, scene, 1, "true"), tiny.inner_steps),
        ("adapted_simulated", support_labels(scenes, scene, 1, "simulated"), tiny.inner_steps),
        ("adapted_debevec", support_labels(scenes, scene, 1, "debevec"), tiny.inner_steps),
    ):
        written = read_hdr(tmp_path / "predictions" / prediction_name(scene.name, scene.evs[1], mode))
        expected = predict(learner, scene, 1, target, loss, steps).numpy().transpose(1, 2, 0)
        np.testing.assert_allclose(written, expected, rtol=2**-11)


@pytest.mark.parametrize("changed", [{"algorithm": "joint"}, {"algorithm": "joint", "inner_lr": 0.1}])
def test_a_network_of_another_training_adapts_with_its_own_settings(results, tiny, tmp_path, changed):
    """Joint training has no inner loop; at test time its network takes the same steps."""
    torch.manual_seed(0)
    settings = tiny.model_copy(update=changed)
    values = {"parameters": Learner(tiny).state_dict(), "settings": settings.model_dump_json()}
    checkpoint.save(tmp_path / "best.pt", values)
    scenes = Scenes(results, "test")
    adapted = reconstruct(MetaHDR.load(tmp_path / "best.pt"), scenes, scenes[0], 0, ["true"])["adapted_true"]

    x, label = scenes[0].ldr[1:], scenes[0].hdr.clamp(0, 1).expand(2, -1, -1, -1)
    torch.manual_seed(0)
    network = Learner(tiny).network
    make_loss(tiny.loss, **tiny.loss_options)(network(x), label).backward()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter -= settings.inner_lr * parameter.grad
        torch.testing.assert_close(adapted, network(scenes[0].ldr[:1])[0], rtol=1e-4, atol=1e-5)


def test_a_method_of_single_exposures_sees_the_held_out_one_alone(results, tmp_path):
    scenes = Scenes(results, "test")
    write_predictions(Gamma2(), scenes, ["true"], tmp_path)
    assert len(list(tmp_path.iterdir())) == len(scenes) * 3
    scene = scenes[0]
    written = read_hdr(tmp_path / prediction_name(scene.name, scene.evs[2], "single"))
    expected = (scene.ldr[2] ** 2 / 2 ** scene.stops[2]).numpy().transpose(1, 2, 0)
    np.testing.assert_allclose(written, expected, rtol=2**-10, atol=1e-7)


def test_a_method_of_a_stack_sees_all_but_the_held_out_exposure(results, tmp_path):
    scenes = Scenes(results, "test")
    write_predictions(Debevec(), scenes, ["true"], tmp_path)
    assert {path.name.rpartition("_")[2] for path in tmp_path.iterdir()} == {"stack.exr"}
    assert len(list(tmp_path.iterdir())) == len(scenes) * 3
    written = read_hdr(tmp_path / prediction_name(scenes[0].name, scenes[0].evs[1], "stack"))
    expected = support_labels(scenes, scenes[0], 1, "debevec")[0].numpy().transpose(1, 2, 0)
    np.testing.assert_allclose(written, expected, rtol=2**-10, atol=1e-7)


def test_a_checkpoint_holds_its_frozen_encoder_and_needs_no_file_of_it(tmp_path, tiny):
    torch.manual_seed(0)
    settings = tiny.model_copy(update={"network": "resnet18"})
    parameters = Learner(settings).state_dict()
    gone = settings.model_copy(update={"encoder": str(tmp_path / "gone.pth")})
    checkpoint.save(tmp_path / "best.pt", {"parameters": parameters, "settings": gone.model_dump_json()})
    learner, _ = load_learner(tmp_path / "best.pt")
    torch.testing.assert_close(dict(learner.state_dict()), dict(parameters), rtol=0, atol=0)


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.pt: no such checkpoint"):
        load_learner(tmp_path / "none.pt")


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    checkpoint.save(tmp_path / "hdrcnn.pt", {"weights": torch.zeros(1)})
    with pytest.raises(UserError, match=r"hdrcnn\.pt"):
        load_learner(tmp_path / "hdrcnn.pt")
