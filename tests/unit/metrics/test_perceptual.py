"""ColorVideoVDP, HDR-FLIP and LPIPS beside their authors' packages."""

import sys

import flip_evaluator
import numpy as np
import pytest
import torch

import metahdr.nets.torchvision_cpu  # noqa: F401
from metahdr.config.photometry import Photometry
from metahdr.metrics.cvvdp import _load, cvvdp
from metahdr.metrics.flip import flip
from metahdr.metrics.hdr import mu_law
from metahdr.metrics.lpips import lpips, lpips_pu21
from metahdr.metrics.pu21 import pu21

PHOTOMETRY = Photometry()


@pytest.fixture(scope="module")
def pair(scenery):
    """Prediction and truth in cd/m^2, float32 `(1, 3, H, W)`, the truth over 15 stops."""
    truth = scenery(1, 48, 64) * 10
    prediction = np.minimum(truth * np.random.default_rng(0).uniform(0.5, 1.5, truth.shape), 500)
    return tuple(
        torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32)) for image in (prediction, truth)
    )


def pixels(image: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(image[0].permute(1, 2, 0).numpy())


def test_colorvideovdp_is_that_of_a_direct_call(pair):
    package = _load()
    direct = package.cvvdp(display_name=PHOTOMETRY.display, device=torch.device("cpu"))
    expected, _ = direct.predict(*map(pixels, pair), dim_order="HWC")
    assert 2 < expected < 9.5
    assert cvvdp(*pair, PHOTOMETRY).item() == pytest.approx(expected.item(), abs=1e-3)
    assert cvvdp(pair[1], pair[1], PHOTOMETRY).item() == 10


def test_colorvideovdp_sees_as_many_pixels_per_degree_as_the_photometry_says(pair):
    near, far = (cvvdp(*pair, Photometry(ppd=ppd)).item() for ppd in (75.4, 300.0))
    assert far - near > 0.3  # noise from pixel to pixel is seen from near


def test_colorvideovdp_is_loaded_without_packages_that_images_do_not_need(monkeypatch):
    before = _load()
    for name in [name for name in sys.modules if name.partition(".")[0] == "pycvvdp"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("ffmpeg", "huggingface_hub", "einops", "pyexr"):
        monkeypatch.setitem(sys.modules, name, None)  # the import fails
    assert _load() is not before
    assert sys.modules["ffmpeg"] is None


@pytest.mark.parametrize("ppd", [30.0, 75.4])
def test_hdr_flip_is_the_authors(pair, ppd):
    prediction, truth = map(pixels, pair)
    for test, true in ((prediction, truth), (truth[::-1].copy(), truth), (prediction * 1e-3, truth * 1e-3)):
        _, expected, _ = flip_evaluator.evaluate(true, test, "HDR", applyMagma=False, parameters={"ppd": ppd})
        images = (torch.from_numpy(image.transpose(2, 0, 1).copy())[None] for image in (test, true))
        assert flip(*images, Photometry(ppd=ppd)).item() == pytest.approx(expected, abs=1e-4)
        assert 0.05 < expected < 0.95


def test_hdr_flip_of_black_images_is_finite(pair):
    black = torch.zeros_like(pair[0])
    assert flip(black, black, PHOTOMETRY).item() == 0
    assert 0 < flip(black, pair[1], PHOTOMETRY).item() <= 1
    assert 0 < flip(pair[0], black, PHOTOMETRY).item() <= 1


@pytest.fixture(scope="module")
def package(alexnet):
    """The package's LPIPS with the file's weights."""
    import lpips
    from torchvision.models import AlexNet

    network = AlexNet()
    network.load_state_dict(torch.load(alexnet, weights_only=True), strict=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lpips.pn.tv, "alexnet", lambda pretrained: network)
        return lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)


def test_lpips_is_the_packages_of_mu_law_and_of_pu21_values(pair, alexnet, package):
    shown = [image / 1000 for image in pair]
    cases = [
        (lpips, shown, [mu_law(image).clamp(max=1) for image in shown]),
        (lpips_pu21, pair, [pu21(image) / 595.3939 for image in pair]),
    ]
    with torch.inference_mode():
        for metric, images, encoded in cases:
            expected = package(*encoded, normalize=True).item()
            assert expected > 1e-3
            assert metric(*images, alexnet).item() == pytest.approx(expected, rel=1e-4)
