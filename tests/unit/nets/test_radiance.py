import numpy as np
import pytest
import torch

from metahdr.camera.response import Response
from metahdr.nets.radiance import TABLE_SIZE, TERMS, RadianceNet, curve, mask
from metahdr.nets.response import apply_response


@pytest.fixture
def network():
    torch.manual_seed(0)
    return RadianceNet().eval()


def test_every_proposed_curve_rises_from_0_to_1():
    tables = curve(3 * torch.randn(50, TERMS, generator=torch.Generator().manual_seed(0)))
    assert (tables[:, 0] == 0).all()
    torch.testing.assert_close(tables[:, -1], torch.ones(50))
    assert (tables.diff() >= 0).all()


def test_the_curve_without_coefficients_is_its_closed_form():
    """The integral of (u + 0.02)^1.2."""
    u = np.linspace(0, 1, TABLE_SIZE)
    integral = (u + 0.02) ** 2.2 - 0.02**2.2
    np.testing.assert_allclose(curve(torch.zeros(1, TERMS))[0], integral / integral[-1], atol=2e-5)


def test_the_basis_holds_curves_of_cameras():
    """A fit of its eight coefficients comes within a twentieth of a stop of the (n, sigma) family above 2^-7."""
    values = np.linspace(0, 1, TABLE_SIZE)
    for n, sigma in ((0.7, 0.4), (0.9, 0.6), (1.1, 1.2)):
        target = torch.from_numpy(Response(n, sigma).inverse(values)).float()[None]
        coefficients = torch.zeros(1, TERMS, requires_grad=True)
        optimiser = torch.optim.LBFGS([coefficients], max_iter=100, line_search_fn="strong_wolfe")

        def error(coefficients=coefficients, target=target):
            return ((curve(coefficients) + 2**-7).log2() - (target + 2**-7).log2()).square().mean()

        def closure(optimiser=optimiser, error=error):
            optimiser.zero_grad()
            loss = error()
            loss.backward()
            return loss

        optimiser.step(closure)
        assert error().sqrt() < 0.05


def test_a_known_response_is_undone():
    response = Response(0.9, 0.6)
    table = torch.from_numpy(response.inverse(np.linspace(0, 1, TABLE_SIZE))).float()[None]
    exposures = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    expected = torch.from_numpy(response.inverse(exposures.numpy())).float()
    torch.testing.assert_close(apply_response(exposures, table), expected, atol=2e-4, rtol=0)
    assert apply_response(torch.ones(1, 3, 1, 1), table).eq(1).all()


def test_white_below_255_is_clipped_and_middle_tones_are_not():
    assert mask(torch.tensor([0.0, 0.5, 0.9])).eq(0).all()
    assert mask(torch.tensor([251 / 255, 1.0])).eq(1).all()


def test_a_residual_is_never_negative(network):
    exposures = torch.rand(2, 3, 40, 56, generator=torch.Generator().manual_seed(0))
    residual = network.residual(exposures, mask(exposures))
    assert residual.shape == exposures.shape
    assert residual.min() >= 0


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_an_image_of_one_value_has_finite_gradients(value):
    """A standard deviation of 0 once had none, which ended a training."""
    network, exposures = RadianceNet(), torch.full((1, 3, 32, 32), value)
    linear = apply_response(exposures, network.propose(exposures))
    (linear * network.residual(linear, mask(exposures)).exp()).mean().backward()
    parts = (network.response, network.highlights, network.head)
    assert all(value.grad.isfinite().all() for part in parts for value in part.parameters())


def test_an_image_does_not_depend_on_the_others_of_its_batch(network):
    exposures = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    together, alone = (network.residual(x, mask(x)) for x in (exposures, exposures[1:2]))
    torch.testing.assert_close(together[1:2], alone)
    torch.testing.assert_close(network.propose(exposures)[1:2], network.propose(exposures[1:2]))
