import numpy as np
import pytest
import torch

from metahdr.config import Expose, Label
from metahdr.images import read_hdr
from metahdr.labels import load_hdrcnn, save_hdrcnn, simulate_labels, train_hdrcnn, write_labels
from metahdr.nets.hdrcnn import HDRCNN
from metahdr.scenes import Scenes, label_name, read_labels


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return HDRCNN(1 / 64).eval()


def test_labels_are_brought_from_their_exposure_to_the_scenes_scale(task):
    labels = simulate_labels(lambda x: x + 1, task, [-2.0, 0.0, 1.5])
    expected = torch.stack([(image + 1) / scale for image, scale in zip(task.ldr, (0.25, 1, 2**1.5), strict=True)])
    torch.testing.assert_close(labels, expected)


def test_every_exposure_has_a_label_file_named_after_scene_and_ev(results, network, tmp_path):
    scenes = Scenes(results, "test")
    write_labels(network, scenes, tmp_path / "labels")
    names = {path.name for path in (tmp_path / "labels").iterdir()}
    assert names == {f"{scene}_ev{ev}.exr" for scene in scenes.table.scene for ev in ("-2", "+0", "+2")}

    task = scenes[0]
    ldr = task.ldr[2].numpy().transpose(1, 2, 0)
    label = read_hdr(tmp_path / "labels" / f"{task.scene}_ev+2.exr")
    known = ldr.max(-1) <= 0.95
    assert 0 < known.sum() < known.size
    np.testing.assert_allclose(label[known], ldr[known] ** 2 / 4, rtol=2**-10, atol=1e-7)
    np.testing.assert_array_equal(read_labels(tmp_path / "labels", task)[2].numpy().transpose(1, 2, 0), label)


def test_an_exposure_of_half_a_stop_has_a_name_too():
    assert label_name("oak_1", 0.5) == "oak_1_ev+0.5.exr"


def test_training_is_determined_by_its_seed_and_survives_saving(results, tmp_path):
    scenes, settings = Scenes(results, "train"), Label(width=1 / 64, steps=2, batch=2)
    network, history = train_hdrcnn(scenes, settings, Expose(), seed=0)
    assert [row["step"] for row in history] == [1, 2]
    assert train_hdrcnn(scenes, settings, Expose(), seed=0)[1] == history
    assert train_hdrcnn(scenes, settings, Expose(), seed=1)[1] != history

    save_hdrcnn(tmp_path / "hdrcnn.pt", network, settings)
    x = torch.rand(1, 3, 32, 32)
    assert torch.equal(load_hdrcnn(tmp_path / "hdrcnn.pt")(x), network(x))


def test_training_lowers_the_log_error_of_saturated_pixels(results):
    settings = Label(width=1 / 32, steps=12, batch=4, learning_rate=0.005, clipped_share=[0.4, 0.5])
    _, history = train_hdrcnn(Scenes(results, "train"), settings, Expose(), seed=0)
    losses = [row["loss"] for row in history]
    assert np.mean(losses[-4:]) < 0.8 * np.mean(losses[:2])
