"""`metahdr label`: one label for every photograph that a user may bring, or one clear error."""

import cv2
import numpy as np
import pytest
import torch

from metahdr.cli import main
from metahdr.errors import ImageError, UserError
from metahdr.images import read_hdr, read_photograph
from metahdr.meta.learner import Learner
from metahdr.methods import expandnet, hdrcnn
from metahdr.nets.expandnet import ExpandNet
from metahdr.nets.hdrcnn import HDRCNN
from metahdr.training import checkpoint
from metahdr.weights.hdrcnn import save_hdrcnn

RAMP = np.linspace(0, 1, 40 * 50 * 3).reshape(40, 50, 3)


def eight(image):
    return np.round(image * 255).astype(np.uint8)


PHOTOGRAPHS = {
    "colour": eight(RAMP),
    "grey": eight(RAMP[..., 0]),
    "sixteen": np.round(RAMP * 65535).astype(np.uint16),
    "grey_sixteen": np.round(RAMP[..., 0] * 65535).astype(np.uint16),
    "alpha": np.dstack([eight(RAMP), np.full((40, 50), 7, np.uint8)]),
    "tiny": eight(RAMP[:1, :1]),
    "line": eight(RAMP[:1]),
    "saturated": np.full((40, 50, 3), 255, np.uint8),
    "black": np.zeros((40, 50, 3), np.uint8),
}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return HDRCNN(1 / 64).eval()


@pytest.fixture
def label(tmp_path, monkeypatch, network):
    monkeypatch.chdir(tmp_path)
    save_hdrcnn(tmp_path / "net.safetensors", network, {"width": 1 / 64})

    def label(*names: str, method: tuple[str, ...] = ("--weights", "net.safetensors")) -> None:
        monkeypatch.setattr("sys.argv", ["metahdr", "label", *names, *method, "--out", "labels"])
        main()

    return label


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_every_kind_of_photograph_gets_a_valid_label(label, tmp_path, name):
    cv2.imwrite(f"{name}.png", PHOTOGRAPHS[name])
    label(f"{name}.png")
    result = read_hdr(tmp_path / "labels" / f"{name}.exr")
    assert result.shape == (*PHOTOGRAPHS[name].shape[:2], 3)
    assert np.isfinite(result).all() and result.min() >= 0


def test_16_bits_and_colours_arrive_as_they_are(tmp_path):
    cv2.imwrite(str(tmp_path / "s.png"), PHOTOGRAPHS["sixteen"])
    np.testing.assert_allclose(
        read_photograph(tmp_path / "s.png"), RAMP[..., ::-1], atol=1e-5
    )  # OpenCV writes BGR
    cv2.imwrite(str(tmp_path / "g.png"), PHOTOGRAPHS["grey"])
    np.testing.assert_allclose(read_photograph(tmp_path / "g.png"), RAMP[..., :1].repeat(3, 2), atol=0.6 / 255)


def test_what_is_no_photograph_is_one_error_and_the_others_get_their_labels(label, tmp_path, capsys):
    cv2.imwrite("good.png", PHOTOGRAPHS["colour"])
    (tmp_path / "bad.png").write_bytes(b"no image")
    (tmp_path / "cut.png").write_bytes((tmp_path / "good.png").read_bytes()[:60])
    cv2.imwrite("float.tiff", RAMP.astype(np.float32))
    with pytest.raises(SystemExit, match="4 of 5 images have no label"):
        label("bad.png", "cut.png", "float.tiff", "none.png", "good.png")
    errors = capsys.readouterr().err
    for words in (
        "bad.png: cannot be read",
        "cut.png: cannot be read",
        "float.tiff: pixels are float32",
        "none.png: no",
    ):
        assert words in errors
    assert [path.name for path in (tmp_path / "labels").iterdir()] == ["good.exr"]


def test_two_labels_of_one_name_are_refused(label):
    with pytest.raises(SystemExit, match="a label of the same name"):
        label("a/x.png", "b/x.png")


def test_a_missing_file_is_an_image_error(tmp_path):
    with pytest.raises(ImageError, match="no such file"):
        read_photograph(tmp_path / "none.png")


@pytest.mark.parametrize("method", ["ldr", "gamma_2", "gamma_2_2", "expandnet", "metahdr"])
def test_every_method_of_single_exposures_labels_photographs(label, tmp_path, tiny, method):
    files = {"expandnet": tmp_path / "expandnet.pth", "metahdr": tmp_path / "best.pt"}
    torch.save(ExpandNet().state_dict(), files["expandnet"])
    values = {"parameters": Learner(tiny).state_dict(), "settings": tiny.model_dump_json()}
    checkpoint.save(files["metahdr"], values)
    cv2.imwrite("colour.png", PHOTOGRAPHS["colour"])
    weights = ("--weights", str(files[method])) if method in files else ()
    label("colour.png", method=("--method", method, *weights))
    result = read_hdr(tmp_path / "labels" / "colour.exr")
    assert result.shape == (40, 50, 3)
    if method == "gamma_2":
        np.testing.assert_allclose(result, (PHOTOGRAPHS["colour"][..., ::-1] / 255) ** 2, rtol=2**-10, atol=1e-7)


def test_the_shipped_network_labels_from_any_folder(label, tmp_path):
    cv2.imwrite("colour.png", PHOTOGRAPHS["colour"])
    label("colour.png", method=())
    assert read_hdr(tmp_path / "labels" / "colour.exr").shape == (40, 50, 3)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("debevec", "needs more than a photograph; give one of ldr, gamma_2"),
        ("polynomial", "needs more than a photograph; give one of ldr, gamma_2"),
        ("hdrcn", "hdrcn: not one of the methods; did you mean hdrcnn"),
        ("expandnet", "expandnet: no weights are shipped"),
    ],
)
def test_a_method_that_cannot_label_a_photograph_is_one_error(label, method, message):
    with pytest.raises(SystemExit, match=message):
        label("colour.png", method=("--method", method))


def test_a_large_image_is_labelled_in_tiles_as_it_would_be_whole(network, monkeypatch, scenery):
    monkeypatch.setattr(hdrcnn, "TILE", 128)
    method, seen = hdrcnn.HDRCNN(network), []
    network = method.network
    network.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].shape[-2:]))
    x = torch.from_numpy(np.clip(scenery(0, 200, 400).transpose(2, 0, 1) / 4, 0, 1).copy())
    with torch.inference_mode():
        whole = network(x[None])[0]
    tiled = method.reconstruct(x[None], [0.0])[0]
    assert max(max(size) for size in seen[1:]) <= 128 + 2 * hdrcnn.MARGIN and len(seen) == 1 + 2 * 4
    saturated = (x.amax(0) > 0.95).expand_as(x)
    assert 0.01 < saturated.float().mean() < 0.5
    assert torch.equal(tiled[~saturated], whole[~saturated])
    torch.testing.assert_close(tiled[saturated], whole[saturated], rtol=0.02, atol=1e-3)


def test_a_large_image_needs_more_memory_than_expandnet_can_have(monkeypatch):
    monkeypatch.setattr(expandnet, "BYTES_PER_PIXEL", 1 << 40)
    with pytest.raises(UserError, match="ExpandNet needs about .* GB for 50x40 pixels"):
        expandnet.ExpandNet(ExpandNet().eval()).reconstruct(torch.rand(1, 3, 40, 50), [0.0])
