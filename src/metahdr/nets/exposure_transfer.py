"""The recurrent networks that make seven exposures of one (Kim, Lee and Kang 2020, "Differentiable HDR image
synthesis using multi-exposure images").
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

State = tuple[Tensor, Tensor]  # hidden states of the global and of the local network
DIVISOR = 32  # of the size that the networks work on


class ConvGRU(nn.Module):
    """A gated recurrent unit of 3x3 convolutions (Siam et al. 2017): input and hidden state to the next state.

    The state is `(N, channels, H, W)`, as the input; None stands for zeros.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.gates = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1)  # update, then reset
        self.candidate = nn.Conv2d(2 * channels, channels, 3, padding=1)

    def forward(self, x: Tensor, h: Tensor | None) -> Tensor:
        h = torch.zeros_like(x) if h is None else h
        update, reset = torch.sigmoid(self.gates(torch.cat([x, h], 1))).chunk(2, 1)
        candidate = torch.tanh(self.candidate(torch.cat([x, reset * h], 1)))
        return (1 - update) * h + update * candidate


class ExposureTransfer(nn.Module):
    """From one exposure to the exposure one stop brighter; a second network of this kind goes one stop darker.

    The global network finds the tone, the local one the edges; the refinement network joins both with the input.
    The global image is the mean of the input and of the global network's output. The result is the mean of the
    global image and of the refinement network's output. An image of any size is padded to a multiple of 32, and
    the results are cropped. 118,453,255 parameters at the published width.

    Args:
        width: channels of the global network's first convolution, twice those of the other networks' first. They
            double with each level.
    """

    def __init__(self, width: int = 32):
        super().__init__()
        self.tone = _UNet(3, 3, width, 5, recurrent=True)
        self.edges = _UNet(3, 1, width // 2, 4, recurrent=True, sharp=True)
        self.refine = _UNet(7, 3, width // 2, 5, recurrent=False)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, Tensor, Tensor, State]:
        """The new exposure, the global image, the edges, and the state for the next recursion.

        Args:
            x: display-referred `(N, 3, H, W)` in [0, 1].
            state: from the recursion before; None in the first.

        Returns:
            Image and global image `(N, 3, H, W)` and edges `(N, 1, H, W)`, in [0, 1], and the state.
        """
        height, width = x.shape[-2:]
        x = F.pad(x, (0, -width % DIVISOR, 0, -height % DIVISOR), mode="replicate")
        tone_state, edge_state = state or (None, None)
        tone, tone_state = self.tone(2 * x - 1, tone_state)
        global_image = _halfway(x, tone)
        edges, edge_state = self.edges(2 * x - 1, edge_state)
        edges = torch.sigmoid(edges)
        refined, _ = self.refine(torch.cat([2 * x - 1, 2 * global_image - 1, edges], 1), None)
        images = (_halfway(global_image, refined), global_image, edges)
        return *(image[..., :height, :width] for image in images), (tone_state, edge_state)


def both_directions(width: int) -> nn.ModuleDict:
    """The networks `up`, which makes brighter exposures, and `down`, which makes darker ones."""
    return nn.ModuleDict({direction: ExposureTransfer(width) for direction in ("up", "down")})


def generate_stack(up: ExposureTransfer, down: ExposureTransfer, x: Tensor, steps: int = 3) -> Tensor:
    """2 steps + 1 exposures, from dark to bright, `(N, 3, H, W)` in [0, 1] to `(N, 2 steps + 1, 3, H, W)`.

    `x` is the middle one. Each recursion takes the exposure and the state of the one before.
    """
    sides = []
    for network in (up, down):
        images, image, state = [], x, None
        for _ in range(steps):
            image, _, _, state = network(image, state)
            images.append(image)
        sides.append(images)
    brighter, darker = sides
    return torch.stack([*reversed(darker), x, *brighter], 1)


class _UNet(nn.Module):
    """A U-Net whose skip connections begin after the poolings, as in the published code.

    `(N, inputs, H, W)` to `(N, outputs, H, W)` and the state.

    Args:
        width: channels of the first convolution, before the levels.
        levels: number of levels above the bottom; each is two convolutions, then a pooling.
        recurrent: whether the bottom begins with a `ConvGRU`; then the first convolution of each level up is 1x1.
        sharp: whether to pool by maxima and enlarge by nearest neighbours, not by means and bilinearly.
    """

    def __init__(self, inputs: int, outputs: int, width: int, levels: int, recurrent: bool, sharp: bool = False):
        super().__init__()
        steps = list(pairwise(width * 2**level for level in range(levels + 1)))
        deepest = steps[-1][1]
        self.stem = nn.Sequential(nn.Conv2d(inputs, width, 3, padding=1), nn.SiLU())
        self.down = nn.ModuleList(_level(shallow, deep) for shallow, deep in steps)
        self.bottom = _level(deepest, deepest)
        self.up = nn.ModuleList(
            _level(2 * deep, shallow, first=1 if recurrent else 3) for shallow, deep in reversed(steps)
        )
        self.head = nn.Conv2d(2 * width, outputs, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module is not self.head:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")  # else the signal fades with depth
        self.memory = ConvGRU(deepest) if recurrent else None
        self.pool = F.max_pool2d if sharp else F.avg_pool2d
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest" if sharp else "bilinear")

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor | None]:
        skips = [self.stem(x)]
        for level in self.down:
            skips.append(self.pool(level(skips[-1]), 2))
        x = skips[-1]
        if self.memory is not None:
            x = state = self.memory(x, state)
        x = self.bottom(x)
        for level, skip in zip(self.up, reversed(skips[1:]), strict=True):
            x = level(self.enlarge(torch.cat([x, skip], 1)))
        return self.head(torch.cat([x, skips[0]], 1)), state


def _level(inputs: int, outputs: int, first: int = 3) -> nn.Sequential:
    """Two convolutions, each followed by Swish."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, first, padding=first // 2),
        nn.SiLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.SiLU(),
    )


def _halfway(given: Tensor, output: Tensor) -> Tensor:
    """The mean of the given image and of tanh of the output, both in [-1, 1], brought to [0, 1]."""
    return (given + (1 + torch.tanh(output)) / 2) / 2
