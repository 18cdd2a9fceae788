"""From relative radiance to light in cd/m^2."""

import torch
from torch import Tensor

from metahdr.config.photometry import Photometry
from metahdr.images.luminance import LUMINANCE

# cd/m^2, the range of PU21; the correction of the response and the error in stops end at the same black.
LEAST, MOST = 0.005, 10000.0


def luminance_of_batch(image: Tensor) -> Tensor:
    """BT.709 luminance of linear light, `(N, 3, H, W)` to `(N, H, W)`; `images.luminance` takes channels last."""
    return torch.einsum("nchw,c->nhw", image, image.new_tensor(LUMINANCE))


def cd_m2(truth: Tensor, photometry: Photometry) -> float:
    """Luminance in cd/m^2 of a radiance of 1.0: the truth's percentile is shown at the configured luminance.

    With the maximum, a few pixels of a lamp or of the sun would leave the rest of the picture black. Where the
    percentile is 0, a radiance of 1.0 is shown at the configured luminance.

    Args:
        truth: radiance, `(3, H, W)`.
    """
    values = luminance_of_batch(truth[None].double()).flatten()
    rank = min(int(len(values) * photometry.percentile / 100), len(values) - 1)
    anchor = values.kthvalue(rank + 1).values.item()
    return photometry.luminance / (anchor or 1.0)
