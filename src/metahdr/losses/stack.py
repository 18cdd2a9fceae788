"""Losses of a stack of exposures (Kim, Lee and Kang 2020, equations 4, 5 and 7)."""

import math

import numpy as np
import torch
from skimage.feature import canny
from torch import Tensor
from torch.nn import functional as F

from metahdr.losses.fidelity import mu_law_loss

COUNTS = 256  # of a histogram, one for each value of 8 bits
_GREY = (0.299, 0.587, 0.114)  # of display-referred RGB
_ROUNDING = 1e-3  # of a value: 8 bits divided by 255 and multiplied again may be off by the last bit


def histogram_loss(prediction: Tensor, label: Tensor) -> Tensor:
    """Mean difference of the histograms' 256 counts, over images and channels (equation 4, second term).

    A pixel counts at its value of 8 bits, rounded down. A count has no derivative; the published code's is taken:
    the count of value l changes by 1/l with each of its pixels, as if it were the sum of their values divided by
    l. Too large a count thus darkens its pixels, too small a one brightens them. Counts are numbers of pixels and
    not shares: the loss grows with the image.

    Args:
        prediction, label: display-referred `(N, C, H, W)` in [0, 1].
    """
    return (_counts(prediction) - _counts(label)).abs().mean()


def _counts(images: Tensor) -> Tensor:
    """`(N, C, H, W)` to `(N, C, 256)`."""
    values = (COUNTS - 1) * images.flatten(2)
    bins = (values.detach() + _ROUNDING).long()
    ones = 1 + (values - values.detach()) / bins.clamp(min=1)
    return ones.new_zeros(*ones.shape[:2], COUNTS).scatter_add(-1, bins, ones)


def canny_edges(x: Tensor, sigma: float = 2.0) -> Tensor:
    """Canny's edges of the grey image, 0 or 1, `(N, 3, H, W)` in [0, 1] to `(N, 1, H, W)` (equation 5).

    The thresholds of the Sobel gradient are 0.1 and 0.2 of white, scikit-image's own. It has no gradient.
    """
    grey = torch.einsum("nchw,c->nhw", x.detach(), x.new_tensor(_GREY)).cpu().numpy()
    return torch.from_numpy(np.stack([canny(image, sigma) for image in grey])[:, None]).to(x)


def mu_law_distance(prediction: Tensor, label: Tensor, mu: float = 5000.0) -> Tensor:
    """Mean of |ln((1 + mu prediction) / (1 + mu label))| (equation 7, second term), of linear light.

    It is `mu_law_loss` without the division by ln(1 + mu).
    """
    return math.log1p(mu) * mu_law_loss(prediction, label, mu)


def contextual_bilateral_loss(
    features_a: Tensor, features_b: Tensor, spatial_weight: float = 0.1, rows: int = 256
) -> Tensor:
    """Mean over the features of a of the distance to the nearest one of b (equation 7, third term).

    The distance is 1 - cosine, plus spatial_weight times the Euclidean distance of the places, in widths and
    heights of the map. A feature of zeros has cosine 0.

    All pairs are compared without a gradient, `rows` features of a at a time, which takes memory for N rows H W
    values instead of N (H W)^2. The gradient, that of the minimum, passes through the nearest pairs alone.

    Args:
        features_a, features_b: `(N, C, H, W)`.
    """
    height, width = features_a.shape[-2:]
    a, b = (F.normalize(features.flatten(2), dim=1).transpose(1, 2) for features in (features_a, features_b))
    places = torch.cartesian_prod(torch.arange(height) / height, torch.arange(width) / width).to(a)
    with torch.no_grad():
        nearest = torch.cat(
            [
                torch.baddbmm(
                    spatial_weight * torch.cdist(places[some], places), a[:, some], b.mT, alpha=-1
                ).argmin(-1)
                for some in torch.arange(height * width, device=a.device).split(rows)
            ],
            1,
        )
    matched = b.gather(1, nearest[..., None].expand_as(a))
    distance = (places - places[nearest]).norm(dim=-1)
    return (1 - (a * matched).sum(-1) + spatial_weight * distance).mean()
