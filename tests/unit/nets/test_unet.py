import pytest
import torch
from torch import nn

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


class Plain(nn.Module):
    """The same network, written from PyTorch's own layers alone."""

    def __init__(self, filters: int):
        super().__init__()
        a, b, c, d, e = (filters * 2**level for level in range(5))
        self.pool = nn.MaxPool2d(2)
        self.down1, self.down2, self.down3 = self.block(3, a), self.block(a, b), self.block(b, c)
        self.down4, self.bottom = self.block(c, d), self.block(d, e)
        self.up4, self.up3 = nn.ConvTranspose2d(e, d, 2, 2), nn.ConvTranspose2d(d, c, 2, 2)
        self.up2, self.up1 = nn.ConvTranspose2d(c, b, 2, 2), nn.ConvTranspose2d(b, a, 2, 2)
        self.merge4, self.merge3 = self.block(2 * d, d), self.block(2 * c, c)
        self.merge2, self.merge1 = self.block(2 * b, b), self.block(2 * a, a)
        self.last = nn.Conv2d(a, 3, 1)

    def block(self, inputs: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs, track_running_stats=False),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs, track_running_stats=False),
            nn.ReLU(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x1 = self.down1(x)
        x2 = self.down2(self.pool(x1))
        x3 = self.down3(self.pool(x2))
        x4 = self.down4(self.pool(x3))
        y = self.bottom(self.pool(x4))
        y = self.merge4(torch.cat([self.up4(y), x4], 1))
        y = self.merge3(torch.cat([self.up3(y), x3], 1))
        y = self.merge2(torch.cat([self.up2(y), x2], 1))
        y = self.merge1(torch.cat([self.up1(y), x1], 1))
        return torch.sigmoid(self.last(y))


def test_the_network_is_the_one_of_pytorchs_own_layers():
    torch.manual_seed(0)
    ours, plain = UNet(2, "batch", torch.sigmoid).double(), Plain(2).double()
    for parameter in ours.parameters():  # also those that begin as 0 or 1
        nn.init.normal_(parameter, 0.1, 0.5)
    state = ours.state_dict()
    for number, name in enumerate(("down1", "down2", "down3", "down4", "bottom")):
        load(plain.get_submodule(name), state, f"down.{number}.")
    for number, level in enumerate((4, 3, 2, 1)):
        load(plain.get_submodule(f"up{level}"), state, f"up.{number}.")
        load(plain.get_submodule(f"merge{level}"), state, f"merge.{number}.")
    load(plain.last, state, "head.")
    assert not state, "every parameter is one of the plain network's"

    x = torch.rand(2, 3, 32, 48, dtype=torch.float64)
    prediction, expected = ours(x), plain(x)
    assert expected.std() > 0.05
    torch.testing.assert_close(prediction, expected)
    torch.testing.assert_close(
        torch.autograd.grad(prediction.square().sum(), ours.down[0][0].weight),
        torch.autograd.grad(expected.square().sum(), plain.down1[0].weight),
    )


def load(module: nn.Module, state: dict[str, torch.Tensor], prefix: str) -> None:
    """Moves the parameters under a prefix into a module whose parameters have the same order."""
    names = [name for name in state if name.startswith(prefix)]
    for (name, parameter), ours in zip(module.named_parameters(), names, strict=True):
        assert name.rpartition(".")[2] == ours.rpartition(".")[2]
        parameter.data.copy_(state.pop(ours))
