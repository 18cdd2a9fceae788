import numpy as np
import pytest
import torch

from metahdr.nets.exposure_transfer import ConvGRU, ExposureTransfer, generate_stack


@pytest.fixture
def network():
    torch.manual_seed(0)
    return ExposureTransfer(4)


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_parameters_at_the_published_width():
    with torch.device("meta"):
        network = ExposureTransfer()
    assert [count(part) for part in (network.tone, network.edges, network.refine)] == [
        98_906_499,
        6_179_969,
        13_366_787,
    ]
    assert count(network.tone.memory) == 3 * (9 * 2 * 1024 * 1024 + 1024)
    assert count(network) == 118_453_255


def test_the_unit_is_siams_at_one_pixel():
    """A 3x3 convolution with zeros around a single pixel is its middle weight."""
    torch.manual_seed(0)
    unit = ConvGRU(5)
    x, h = torch.randn(2, 3, 5, 1, 1)
    gates, candidate = (
        (layer.weight[:, :, 1, 1].detach().numpy(), layer.bias.detach().numpy())
        for layer in (unit.gates, unit.candidate)
    )

    def sigmoid(values):
        return 1 / (1 + np.exp(-values))

    for found, a, b in zip(unit(x, h), x.flatten(1).numpy(), h.flatten(1).numpy(), strict=True):
        both = sigmoid(gates[0] @ np.concatenate([a, b]) + gates[1])
        update, reset = both[:5], both[5:]
        proposed = np.tanh(candidate[0] @ np.concatenate([a, reset * b]) + candidate[1])
        expected = (1 - update) * b + update * proposed
        np.testing.assert_allclose(found.detach().flatten(), expected, rtol=1e-5, atol=1e-6)


def test_no_state_is_a_state_of_zeros():
    torch.manual_seed(0)
    unit, x = ConvGRU(3), torch.randn(1, 3, 4, 6)
    torch.testing.assert_close(unit(x, None), unit(x, torch.zeros_like(x)))


def test_a_shut_update_gate_keeps_the_state():
    unit = ConvGRU(3)
    torch.nn.init.constant_(unit.gates.bias[:3], -100)
    x, h = torch.randn(2, 1, 3, 4, 6)
    torch.testing.assert_close(unit(x, h), h)


@pytest.mark.parametrize("size", [(32, 32), (33, 50), (1, 7)], ids=str)
def test_any_size_works_and_every_image_is_in_range(network, size):
    x = torch.rand(2, 3, *size)
    image, global_image, edges, state = network(x)
    again = network(image, state)
    for images, channels in ((image, 3), (global_image, 3), (edges, 1), (again[0], 3)):
        assert images.shape == (2, channels, *size)
        assert images.min() >= 0
        assert images.max() <= 1
    assert [value.shape for value in again[3]] == [value.shape for value in state]


def test_a_size_that_is_no_multiple_of_32_is_as_if_its_last_rows_and_columns_went_on(network):
    x = torch.rand(1, 3, 33, 50)
    rows, columns = (torch.arange(64).clamp(max=size - 1) for size in (33, 50))
    for cropped, whole in zip(network(x)[:3], network(x[:, :, rows][..., columns])[:3], strict=True):
        torch.testing.assert_close(cropped, whole[..., :33, :50])


def test_half_of_each_image_is_what_it_begins_with(network):
    for part in (network.tone, network.edges, network.refine):
        torch.nn.init.zeros_(part.head.weight)
        torch.nn.init.zeros_(part.head.bias)
    x = torch.rand(1, 3, 32, 32)
    image, global_image, edges, _ = network(x)
    torch.testing.assert_close(global_image, x / 2 + 1 / 4)
    torch.testing.assert_close(image, global_image / 2 + 1 / 4)
    torch.testing.assert_close(edges, torch.full_like(edges, 0.5))


@pytest.mark.parametrize("part", ["tone", "edges"])
def test_the_recursions_before_matter_only_by_the_states(network, part):
    x = torch.rand(1, 3, 32, 32)
    *first, state = network(x)
    *second, _ = network(x, state)
    assert all(not torch.equal(a, b) for a, b in zip(first, second, strict=True))
    for name in {"tone", "edges"} - {part}:
        torch.nn.init.zeros_(getattr(network, name).bottom[0].weight)  # it no longer reads its state
    *first, state = network(x)
    *second, _ = network(x, state)
    moved = dict(zip(("image", "tone", "edges"), map(torch.equal, second, first), strict=True))
    assert moved == {"image": False, "tone": part != "tone", "edges": part != "edges"}
    torch.nn.init.zeros_(getattr(network, part).bottom[0].weight)
    *first, state = network(x)
    *second, _ = network(x, state)
    assert all(map(torch.equal, second, first))


def test_the_stack_goes_from_dark_to_bright_and_each_recursion_takes_the_one_before():
    states = []

    def shift(by):
        def network(x, state):
            states.append(state)
            return x + by, None, None, (state or 0) + 1

        return network

    stack = generate_stack(shift(0.1), shift(-0.1), torch.full((2, 3, 4, 5), 0.5))
    assert stack.shape == (2, 7, 3, 4, 5)
    torch.testing.assert_close(stack[1, :, 2, 3, 4], torch.tensor([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]))
    assert states == [None, 1, 2, None, 1, 2]


def test_a_stack_of_other_lengths_has_its_input_in_the_middle(network):
    x = torch.rand(1, 3, 32, 32)
    stack = generate_stack(network, network, x, steps=1)
    assert stack.shape == (1, 3, 3, 32, 32)
    assert torch.equal(stack[:, 1], x)


def test_a_loss_of_the_last_recursions_reaches_every_parameter(network):
    down = ExposureTransfer(4)
    stack = generate_stack(network, down, torch.rand(1, 3, 32, 32), steps=2)
    (stack[:, 0] + stack[:, -1]).square().mean().backward()
    for name, parameter in (*network.named_parameters(), *down.named_parameters()):
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name
