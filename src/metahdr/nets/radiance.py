"""The radiance network: it proposes the camera's response curve, then restores the light that clipping took away.

The order is that of Liu et al. 2020 (linearise, then hallucinate); the blending by a soft mask is HDR-CNN's
(Eilertsen et al. 2017, equation 2). The residual is at least 0 in log light: a clipped pixel is never darker than
its clipping point. With group normalisation a prediction depends on its own image alone; bilinear upsampling
leaves no checkerboard, as transposed convolutions do.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

TABLE_SIZE = 257  # entries of an inverse response: the exposures of equally spaced values from 0 to 1
TERMS = 8  # coefficients of a proposed curve
CLIPS = (0.92, 0.975)  # display-referred values at which the mask leaves 0 and reaches 1
MOST = 11.0  # the largest residual; e^11 is about the largest half float
DIVISOR = 32  # of the size that the U-Net works on
_BINS = 32


def mask(exposures: Tensor) -> Tensor:
    """How far each value counts as clipped, in [0, 1], same shape; 250 of 255, some cameras' white, is clipped."""
    return ((exposures - CLIPS[0]) / (CLIPS[1] - CLIPS[0])).clamp(0, 1)


def curve(coefficients: Tensor) -> Tensor:
    """Inverse responses, `(N, TERMS)` to `(N, TABLE_SIZE)`: each rises from 0 to 1.

    The logarithm of the slope at value u is a log(u + 0.02) plus a cosine series. With all coefficients 0, a is
    1.2 and the series vanishes.
    """
    u = (torch.arange(TABLE_SIZE - 1, device=coefficients.device) + 0.5) / (TABLE_SIZE - 1)
    order = torch.arange(1, TERMS, device=coefficients.device)
    basis = torch.cat([torch.log(u + 0.02)[None], torch.cos(torch.pi * order[:, None] * u)])
    slopes = torch.softmax((coefficients + F.one_hot(torch.tensor(0), TERMS).to(u) * 1.2) @ basis, -1)
    rising = slopes.cumsum(-1)
    return F.pad(rising / rising[:, -1:], (1, 0))


class Block(nn.Module):
    """Two normalised convolutions, the second beside a shortcut; the first may halve the size."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.first, self.first_norm = nn.Conv2d(inputs, outputs, 3, stride, 1), nn.GroupNorm(8, outputs)
        self.second, self.second_norm = nn.Conv2d(outputs, outputs, 3, 1, 1), nn.GroupNorm(8, outputs)
        nn.init.constant_(self.second_norm.weight, 0.3)  # at first the block is nearly its shortcut

    def forward(self, x: Tensor) -> Tensor:
        first = self.first_norm(self.first(x))
        return F.silu(first + self.second_norm(self.second(F.silu(first))))


class ResponseNet(nn.Module):
    """Proposes the coefficients of `curve` from an encoded image: from its histogram and from local structure."""

    def __init__(self):
        super().__init__()
        widths = (3, 24, 48, 64)
        self.layers = nn.Sequential(
            *(
                layer
                for a, b in zip(widths, widths[1:], strict=False)
                for layer in (nn.Conv2d(a, b, 3, 2, 1), nn.GroupNorm(8, b), nn.SiLU())
            )
        )
        self.head = nn.Sequential(nn.Linear(2 * 64 + 3 * _BINS, 128), nn.SiLU(), nn.Linear(128, TERMS))
        nn.init.zeros_(self.head[-1].weight)
        nn.init.zeros_(self.head[-1].bias)

    def forward(self, exposures: Tensor) -> Tensor:
        features = self.layers(exposures)
        edges = (torch.arange(_BINS, device=exposures.device) + 0.5) / _BINS
        values = exposures.flatten(2)
        ascending = values.contiguous().sort(-1).values
        ranks = torch.searchsorted(ascending, edges.repeat(*values.shape[:2], 1))
        shares = ranks.to(exposures) / values.shape[-1]  # the cumulative histogram of each channel
        spread = (features.var((2, 3), correction=0) + 1e-5).sqrt()  # an image of one value has a gradient too
        pooled = [features.mean((2, 3)), spread, shares.flatten(1)]
        return self.head(torch.cat(pooled, 1))


class HighlightNet(nn.Module):
    """A U-Net from a linearised image and its mask to features of every pixel, `(N, FEATURES, H, W)`."""

    FEATURES = 24

    def __init__(self, widths: tuple[int, ...] = (32, 48, 96, 144, 192)):
        super().__init__()
        self.stem = nn.Conv2d(6, 12, 3, 1, 1)
        self.down = nn.ModuleList(
            [Block(24, widths[0])] + [Block(a, b, 2) for a, b in zip(widths, widths[1:], strict=False)]
        )
        self.context = nn.Linear(2 * widths[-1], widths[-1])  # of the whole image
        self.up = nn.ModuleList(
            [Block(a + b, a) for a, b in reversed(list(zip(widths, widths[1:], strict=False)))]
        )
        self.last = nn.Conv2d(12 + widths[0], self.FEATURES, 3, 1, 1)

    def forward(self, linear: Tensor, clipped: Tensor) -> Tensor:
        size = linear.shape[-2:]
        padding = (0, -size[1] % DIVISOR, 0, -size[0] % DIVISOR)
        x = F.pad(torch.cat([linear.clamp(min=1e-6) ** (1 / 2.2), clipped], 1), padding, mode="replicate")
        fine = F.silu(self.stem(x))
        skips, x = [], F.pixel_unshuffle(x, 2)
        for block in self.down:
            x = block(x)
            skips.append(x)
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
        x = x + self.context(pooled)[..., None, None]
        for block, skip in zip(self.up, skips[-2::-1], strict=True):
            x = block(torch.cat([skip, _double(x)], 1))
        return F.silu(self.last(torch.cat([fine, _double(x)], 1)))[..., : size[0], : size[1]]


class RadianceNet(nn.Module):
    """All networks, and the head: a linear map of the features, which softplus turns into the residual."""

    def __init__(self):
        super().__init__()
        self.response = ResponseNet()
        self.highlights = HighlightNet()
        self.head = nn.Conv2d(HighlightNet.FEATURES, 3, 1)
        nn.init.constant_(self.head.bias, -0.5)
        self.to(memory_format=torch.channels_last)

    def propose(self, exposures: Tensor) -> Tensor:
        """A table of the inverse response for each image, `(N, 3, H, W)` to `(N, TABLE_SIZE)`."""
        coefficients = self.response(exposures)
        with torch.autocast(exposures.device.type, enabled=False):
            return curve(coefficients.float())

    def residual(self, linear: Tensor, clipped: Tensor) -> Tensor:
        """What clipping took away, as a difference of log light from 0 to `MOST`, `(N, 3, H, W)`."""
        return F.softplus(self.head(self.highlights(linear, clipped)).float()).clamp(max=MOST)


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear")
