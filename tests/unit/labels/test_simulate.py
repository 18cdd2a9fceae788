import numpy as np
import pytest
import torch

from metahdr.images.files import read_hdr
from metahdr.labels.simulate import half_is_safe, simulate_labels, write_labels
from metahdr.methods.base import in_scene_scale
from metahdr.methods.gamma import Gamma2
from metahdr.methods.hdrcnn import HDRCNN
from metahdr.methods.ldr import Untouched
from metahdr.nets.hdrcnn import HDRCNN as Network
from metahdr.scenes.scene import Scenes, label_name, read_labels


@pytest.fixture
def method():
    torch.manual_seed(0)
    return HDRCNN(Network(1 / 64).eval())


def test_labels_are_brought_from_their_exposure_to_the_scenes_scale(scene):
    class Brighter(Gamma2):
        def reconstruct(self, exposures, stops):
            return in_scene_scale(exposures + 1, stops)

    labels = simulate_labels(Brighter(), scene.ldr, [-2.0, 0.0, 1.5])
    expected = torch.stack(
        [(image + 1) / scale for image, scale in zip(scene.ldr, (0.25, 1, 2**1.5), strict=True)]
    )
    torch.testing.assert_close(labels, expected)


def test_every_exposure_has_a_label_file_named_after_scene_and_ev(results, method, tmp_path):
    scenes = Scenes(results, "test")
    write_labels(method, scenes, tmp_path / "labels" / scenes[0].chunk)
    names = {path.name for path in (tmp_path / "labels" / scenes[0].chunk).iterdir()}
    assert names == {f"{scene}_ev{ev}.exr" for scene in scenes.table.scene for ev in ("-2", "+0", "+2")}

    scene = scenes[0]
    ldr = scene.ldr[2].numpy().transpose(1, 2, 0)
    label = read_hdr(tmp_path / "labels" / scene.chunk / f"{scene.name}_ev+2.exr")
    known = ldr.max(-1) <= 0.95
    assert 0 < known.sum() < known.size
    np.testing.assert_allclose(label[known], ldr[known] ** 2 / 4, rtol=2**-10, atol=1e-7)
    np.testing.assert_array_equal(read_labels(tmp_path / "labels", scene)[2].numpy().transpose(1, 2, 0), label)


def test_labels_that_are_there_are_not_made_again(results, method, tmp_path):
    scenes = Scenes(results, None)
    write_labels(method, scenes, tmp_path)
    everything = {path: path.read_bytes() for path in tmp_path.iterdir()}
    lost = tmp_path / label_name(scenes.table.scene[1], 2.0)
    times = {path: path.stat().st_mtime_ns for path in everything if path != lost}
    lost.unlink()
    seen = []
    method.network.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    write_labels(method, scenes, tmp_path)
    assert seen == [3]  # the three exposures of one scene
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == everything
    untouched = {path: path.stat().st_mtime_ns for path in times if scenes.table.scene[1] not in path.name}
    assert untouched == {path: times[path] for path in untouched}


def test_an_exposure_of_half_a_stop_has_a_name_too():
    assert label_name("oak_1", 0.5) == "oak_1_ev+0.5.exr"


class Rounded(Untouched):
    """Off by a share of the label where autocast asks for half precision."""

    def __init__(self, share):
        self.share = share

    def reconstruct(self, exposures, stops):
        off = self.share if torch.is_autocast_enabled("cpu") else 0
        return in_scene_scale(exposures * (1 + off), stops)


@pytest.mark.parametrize(("share", "safe"), [(0.001, True), (0.01, False), (float("nan"), False)])
def test_half_precision_is_used_only_where_it_changes_little(results, tmp_path, share, safe):
    x = torch.ones(1, 3, 4, 4)
    assert half_is_safe(Rounded(share), x) is safe
    scenes = Scenes(results, "test")
    write_labels(Rounded(share), scenes, tmp_path / "half" / scenes[0].chunk, half=True)
    scene = scenes[0]
    label = read_labels(tmp_path / "half", scene)[1]
    expected = scene.ldr[1] * (1 + share if safe else 1)
    torch.testing.assert_close(label, expected, rtol=2**-10, atol=1e-6)
