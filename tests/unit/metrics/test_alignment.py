import numpy as np
import pytest
import torch

from metahdr.metrics.alignment import align
from metahdr.metrics.crf import correct
from metahdr.metrics.photometry import luminance_of_batch


@pytest.fixture
def truth(scenery):
    return torch.from_numpy(scenery(0, 24, 32).transpose(2, 0, 1) * 20).double()


@pytest.fixture
def shown(truth):
    """An exposure of which nothing is clipped or black."""
    return torch.full_like(truth, 0.5)


def published(test: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The correction of the authors' MATLAB code, line by line for `(H, W, 3)`, with its default arguments."""
    matrix = np.array(
        [[0.412424, 0.357579, 0.180464], [0.212656, 0.715158, 0.072186], [0.019332, 0.119193, 0.950444]]
    )
    m, n, c1, c2, c3 = 78.8438, 0.1593, 0.8359, 18.8516, 18.6875

    def pq(x):
        power = (x / 1e4) ** n
        return ((c1 + c2 * power) / (1 + c3 * power)) ** m

    def to_linear(v):
        return 1e4 * ((c1 - v ** (1 / m)) / (c3 * v ** (1 / m) - c2)) ** (1 / n)

    def to_luv(rgb):
        xyz = np.clip(np.einsum("ij,hwj->hwi", matrix, rgb), 1e-4, 1e8)
        x, y = (xyz[..., i] / xyz.sum(-1) for i in (0, 1))
        down = -2 * x + 12 * y + 3
        return xyz[..., 1:2], np.stack([4 * x / down, 9 * y / down], -1) * 410 / 255

    def fit(x, y, weight):
        zz = x.shape[-1]
        x, y = x.reshape(-1, zz), y.reshape(-1, zz)
        cross = [x[:, :1] * x[:, 1:]] if zz > 1 else []
        columns = np.concatenate([x**3, x**2, *cross, x, np.ones((len(x), 1))], 1)
        identity = np.zeros((columns.shape[1], zz))
        identity[-zz - 1 : -1] = np.eye(zz)
        sc = weight * len(columns) / columns.shape[1]
        inverse = np.linalg.inv(columns.T @ columns + sc * np.eye(columns.shape[1]))
        return columns @ (inverse @ (columns.T @ y + sc * identity))

    (y, uv), (true_y, true_uv) = to_luv(np.maximum(test, 0.005)), to_luv(np.maximum(truth, 0.005))
    shape = y.shape[:2]
    y = to_linear(np.maximum(fit(pq(y), pq(true_y), 0), pq(0.005)))[:, 0]
    u, v = np.maximum(fit(uv, true_uv, 0.01), 0.005).T * 255 / 410
    x_, y_ = 9 * u / (6 * u - 16 * v + 12), 4 * v / (6 * u - 16 * v + 12)
    xyz = np.clip(np.stack([x_ / y_ * y, y, (1 - x_ - y_) / y_ * y]), 1e-4, 1e8)
    return np.maximum(np.linalg.inv(matrix) @ xyz, 0).T.reshape(*shape, 3)


def test_the_responses_correction_is_the_published_one(truth):
    rng = np.random.default_rng(0)
    image = truth.permute(1, 2, 0).numpy()
    for test in (image**0.6 * [1.5, 1, 0.8], image * rng.uniform(0.5, 2, image.shape), image.clip(max=20)):
        ours = correct(torch.from_numpy(test.transpose(2, 0, 1).copy()), truth).permute(1, 2, 0)
        np.testing.assert_allclose(ours, published(test, image), rtol=1e-5, atol=1e-6)


def test_the_responses_correction_takes_away_a_tone_curve_but_not_lost_highlights(truth, shown):
    def error(image):
        return (image.clamp(min=0.005).log2() - truth.clamp(min=0.005).log2()).square().mean().sqrt().item()

    curved, cut = 30 * truth**0.5, truth.clamp(max=truth.quantile(0.8).item())
    assert error(curved) > 1.5 and error(align("crf", curved, truth, shown)) < 0.15
    assert error(align("crf", cut, truth, shown)) > 0.5 * error(cut) > 0.15


def test_one_scale_takes_away_an_exposure_and_nothing_else(truth, shown):
    torch.testing.assert_close(align("scale", 0.1 * truth, truth, shown), truth)
    curved = align("scale", truth**2, truth, shown)
    # the mean of the logarithms' differences is their least squares
    ours, true = (luminance_of_batch(image[None]).log() for image in (curved, truth))
    assert (ours - true).mean().item() == pytest.approx(0, abs=1e-12)


def test_the_scale_is_that_of_pixels_neither_clipped_nor_black_in_the_exposure(truth, shown):
    exposure, prediction = shown.clone(), 2 * truth
    exposure[0, :5], exposure[2, 5:10] = 1.0, 0.0
    prediction[:, :10] *= 100
    aligned = align("scale", prediction, truth, exposure)
    torch.testing.assert_close(aligned[:, 10:], truth[:, 10:])
    torch.testing.assert_close(aligned[:, :10], 100 * truth[:, :10])
    for nothing in (0.0, 1.0):
        assert torch.equal(align("scale", prediction, truth, torch.full_like(truth, nothing)), prediction)


def test_without_alignment_the_prediction_stays_as_it_is(truth, shown):
    assert torch.equal(align("plain", 3 * truth, truth, shown), 3 * truth)


@pytest.mark.parametrize("name", ["plain", "scale", "crf"])
def test_every_alignment_of_every_prediction_is_finite_and_black_stays_black(name, truth, shown):
    black, dot = torch.zeros_like(truth), torch.zeros_like(truth)
    dot[:, 3, 3] = 1e9
    for prediction in (black, black + 7, dot, truth * 1e12, truth * 1e-12):
        for true in (truth, black, black + 7):
            aligned = align(name, prediction, true, shown)
            assert aligned.isfinite().all() and (aligned >= 0).all()
    assert torch.equal(align(name, black, truth, shown), black)


def test_a_constant_prediction_is_given_the_truths_mean_in_pq_values(truth, shown):
    aligned = align("crf", torch.full_like(truth, 7.0), truth, shown)
    found = luminance_of_batch(aligned[None])[0]
    assert found.std() < 1e-6 * found.mean()
    middle = luminance_of_batch(truth[None]).median()
    assert 0.2 * middle < found[0, 0] < 5 * middle
