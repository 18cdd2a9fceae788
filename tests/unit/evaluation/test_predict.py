import shutil

import numpy as np
import pytest
import torch

from metahdr.errors import UserError
from metahdr.evaluation.predictions import modes, prediction_name, write_predictions
from metahdr.images import read_hdr, write_exr
from metahdr.losses.make import make_loss
from metahdr.meta.learner import Learner, predict
from metahdr.meta.support import support_labels
from metahdr.methods.debevec import Debevec
from metahdr.methods.gamma import Gamma2
from metahdr.methods.metahdr import MetaHDR, load_learner
from metahdr.scenes import Scenes, label_name
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
    assert modes(MetaHDR, ["true", "debevec"]) == ["single", "adapted_true", "adapted_debevec"]


def test_every_scene_exposure_and_mode_is_written_as_predicted(results, model, tiny, tmp_path):
    scenes = Scenes(shutil.copytree(results, tmp_path / "data"), "test")
    for scene in scenes:
        for i, ev in enumerate(scene.evs):
            name = scenes.folder / "labels/simulated" / label_name(scene.name, ev)
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
