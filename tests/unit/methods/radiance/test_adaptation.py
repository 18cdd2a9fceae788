import numpy as np
import pytest
import torch

from metahdr.camera.curve import Curve
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.errors import UserError
from metahdr.images.luminance import metered_scale
from metahdr.methods.radiance import Radiance
from metahdr.methods.radiance.place import PIXELS, adapted, correction, joint_head, observe
from metahdr.methods.radiance.prior import Task, learn_prior, query_error
from metahdr.nets.radiance import TABLE_SIZE, RadianceNet

RESPONSE = Response(0.9, 0.6)
TABLE = torch.from_numpy(RESPONSE.inverse(np.linspace(0, 1, TABLE_SIZE))).float()[None]


@pytest.fixture
def network():
    torch.manual_seed(0)
    return RadianceNet().eval()


@pytest.fixture
def bracket(scenery):
    """Exposures `(3, 3, H, W)`, radiance `(3, 3, H, W)` and stops of one view."""
    hdr = scenery(0)[:64, :64]
    hdr = hdr * np.float32(metered_scale(hdr))
    stops = [-2.0, 0.0, 2.0]
    rng = np.random.default_rng(0)
    ldr = np.stack([expose(hdr, ev, RESPONSE, 0.002, rng) for ev in stops]).transpose(0, 3, 1, 2)
    truth = torch.from_numpy(hdr.transpose(2, 0, 1).copy()).expand(3, -1, -1, -1)
    return torch.from_numpy(ldr.astype(np.float32) / 255), truth, stops


@pytest.fixture
def evidence(network, bracket):
    exposures, truth, stops = bracket
    pairs = zip(exposures[:, None], truth[:, None], stops, strict=True)
    return [observe(network, x, TABLE, light * 2.0**ev, 2.0 ** (ev + 2)) for x, light, ev in pairs]


def test_only_what_a_shorter_exposure_shows_is_evidence(evidence):
    assert (evidence[0].light[evidence[0].known.bool()] < 1).all()
    assert evidence[2].known.any()
    shown = evidence[2].known.bool()
    assert (evidence[2].light[shown] < 16).all() and (evidence[2].light[shown] > 0.5).all()
    assert len(evidence[2].features) <= PIXELS
    expected = (evidence[2].light[shown] / evidence[2].linear[shown]).log().clamp(min=0)
    torch.testing.assert_close(evidence[2].residual[shown], expected)


def test_nothing_clipped_is_no_evidence(network):
    dark = torch.full((1, 3, 32, 32), 0.3)
    assert observe(network, dark, TABLE, dark, 1.0) is None
    assert correction(network, []).eq(0).all()


def test_the_correction_is_ridge_regression(network, evidence):
    """The same least squares as one stacked system, solved by numpy."""
    seen = evidence[2]
    head, rows, targets = joint_head(network).numpy(), [], []
    for pixel in range(len(seen.features)):
        for channel in range(3):
            if seen.known[pixel, channel]:
                output = float(seen.features[pixel].numpy() @ head[channel])
                slope = max(1 / (1 + np.exp(-output)), 0.05)
                rows.append(slope * seen.features[pixel].numpy())
                targets.append(float(seen.residual[pixel, channel]) - np.log1p(np.exp(output)))
    weight = network.prior.evidence.exp().item() * float(seen.known.mean()) / len(rows)
    ridge = np.diag(network.prior.precision.exp().detach().numpy() ** 0.5)
    stacked = np.concatenate([weight**0.5 * np.array(rows), ridge])
    expected = np.linalg.lstsq(stacked, np.concatenate([weight**0.5 * np.array(targets), np.zeros(len(ridge))]))[0]
    np.testing.assert_allclose(correction(network, [seen]).detach(), expected, atol=1e-4)


def test_a_loose_prior_fits_the_support_better(network, evidence):
    errors = []
    for precision in (6.0, 0.0, -4.0):
        network.prior.precision.data.fill_(precision)
        task = Task(evidence, [evidence[2]])
        errors.append(query_error(network, task, correction(network, evidence)).item())
    assert errors == sorted(errors, reverse=True)
    network.prior.precision.data.fill_(40.0)
    torch.testing.assert_close(correction(network, evidence), torch.zeros(25), atol=1e-6, rtol=0)


def test_the_prior_is_learned_through_the_closed_form(network, evidence):
    query_error(network, Task(evidence, [evidence[2]]), correction(network, evidence)).backward()
    assert network.prior.precision.grad.abs().sum() > 0
    assert network.prior.evidence.grad.abs() > 0
    assert all(parameter.grad is None for parameter in network.highlights.parameters())


def test_learning_the_prior_changes_nothing_else(network, scenery, tmp_path, monkeypatch):
    monkeypatch.setattr("metahdr.methods.radiance.prior.CAMERAS", 1)
    monkeypatch.setattr("metahdr.methods.radiance.prior.SIZE", 32)
    np.save(tmp_path / "a.npy", scenery(0))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    errors = learn_prior(network, [tmp_path / "a.npy"], 0)
    assert np.isfinite(errors).all() and errors[-1] <= errors[0]
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"prior.precision", "prior.evidence"}


def test_adaptation_moves_the_head_and_calibrates_the_camera(network, bracket):
    exposures, truth, stops = bracket
    method = Radiance(network)
    changed = method.adapt(exposures, truth, stops)
    assert method.curve is None and changed.curve is not None
    values = np.linspace(0.1, 0.9, 9)
    np.testing.assert_allclose(np.log2(changed.curve.inverse(values) / RESPONSE.inverse(values)), 0, atol=0.35)
    assert not torch.equal(changed.network.head.bias, network.head.bias)
    known = method.with_camera(Curve(TABLE[0].double().numpy()))
    assert known.adapt(exposures, truth, stops).curve is known.curve


def test_a_saved_camera_gives_the_same_reconstruction(network, bracket):
    exposures, truth, stops = bracket
    method = Radiance(network)
    changed = method.adapt(exposures, truth, stops)
    again = method.with_state(changed.camera_state())
    torch.testing.assert_close(again.reconstruct(exposures, stops), changed.reconstruct(exposures, stops))
    with pytest.raises(UserError, match="not a camera"):
        method.with_state({"head.weight": torch.zeros(1)})


def test_a_changed_head_is_a_copy(network):
    change = torch.arange(25.0)
    copy = adapted(network, change)
    torch.testing.assert_close(joint_head(copy) - joint_head(network), change.expand(3, -1))


def test_values_that_the_merge_calls_clipped_are_no_evidence(network, bracket):
    """A camera whose white is 251: in the darkest exposure they once taught that nothing was lost."""
    exposures, truth, stops = bracket
    merged = truth.clamp(max=0.9 * 4)  # what the darkest exposure says of light that it clips
    method = Radiance(network).with_camera(Curve(TABLE[0].double().numpy()))
    changed = method.adapt(exposures[:1].repeat(2, 1, 1, 1), merged[:2], [-2.0, -2.0])
    assert torch.equal(changed.network.head.weight, network.head.weight)
    assert method._shown([-2.0, 0.0]) == [0.0, pytest.approx(4 * float(RESPONSE.inverse(250 / 255)), rel=1e-3)]


@pytest.mark.parametrize("curve", [[0.0, 0.6, 0.5, 1.0], [0.1, 0.5, 1.0], [[0.0, 1.0]], [1.0]])
def test_a_saved_curve_must_rise_from_0_to_1(network, curve):
    state = Radiance(network).camera_state() | {"curve": torch.tensor(curve)}
    with pytest.raises(UserError, match="not a camera"):
        Radiance(network).with_state(state)
