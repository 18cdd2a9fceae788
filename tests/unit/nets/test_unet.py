import pytest
import torch

from metahdr.nets.unet import UNet


@pytest.mark.parametrize("size", [(16, 16), (32, 64)])
def test_an_image_becomes_an_image_of_its_size_between_0_and_1(size):
    torch.manual_seed(0)
    prediction = UNet(2, "batch", torch.sigmoid)(10 * torch.randn(2, 3, *size))
    assert prediction.shape == (2, 3, *size)
    assert 0 < prediction.min() < prediction.max() < 1


def test_the_channels_double_from_8_to_128():
    network, channels = UNet(8, "batch", torch.sigmoid), []
    for block in network.down:
        block.register_forward_hook(lambda _, __, output: channels.append(output.shape[1]))
    network(torch.zeros(1, 3, 16, 16))
    assert channels == [8, 16, 32, 64, 128]


def test_the_bottom_sees_a_sixteenth_of_the_image():
    network, shapes = UNet(1, "batch", torch.sigmoid), []
    network.down[-1].register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape)))
    network(torch.zeros(1, 3, 64, 32))
    assert shapes == [(1, 16, 4, 2)]


def test_the_network_has_no_state_beside_its_parameters():
    assert list(UNet(1, "batch", torch.sigmoid).buffers()) == []  # learn2learn's clones share buffers
