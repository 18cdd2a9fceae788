"""From relative radiance to light in cd/m^2."""

import torch
from torch import Tensor

from metahdr.config.photometry import Photometry
from metahdr.images.luminance import LUMINANCE

# cd/m^2, the range of PU21; what is darker is black for the response's correction and for the error in stops too.
LEAST, MOST = 0.005, 10000.0


def luminance(image: Tensor) -> Tensor:
    """BT.709 luminance of linear light, `(N, 3, H, W)` to `(N, H, W)`."""
    return torch.einsum("nchw,c->nhw", image, image.new_tensor(LUMINANCE))


def cd_m2(truth: Tensor, photometry: Photometry) -> float:
    """Luminance in cd/m^2 of a radiance of 1.0: the truth's percentile is shown at the configured luminance.

    A percentile and not the maximum, because that of a few pixels of a lamp or of the sun would leave the rest of
    the picture black. Where the percentile is 0, the radiance of 1.0 is shown at that luminance.

    Args:
        truth: radiance, `(3, H, W)`.
    """
    values = luminance(truth[None].double()).flatten()
    rank = min(int(len(values) * photometry.percentile / 100), len(values) - 1)
    anchor = values.kthvalue(rank + 1).values.item()
    return photometry.luminance / (anchor or 1.0)
