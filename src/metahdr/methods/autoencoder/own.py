"""The scores that the autoencoder's authors report: of normalised log images, not of radiance."""

from typing import NamedTuple

from torch import Tensor

from metahdr.errors import UserError
from metahdr.metrics.fidelity import WINDOW, psnr, ssim
from metahdr.nets.mobilenet_autoencoder import normalise_target


class OwnScores(NamedTuple):
    """PSNR in dB and SSIM of each image, `(N,)` each."""

    psnr: Tensor
    ssim: Tensor


def own_scores(prediction: Tensor, radiance: Tensor) -> OwnScores:
    """The authors' scores, of log images in [0, 1] with data range 1.

    Args:
        prediction: from `Autoencoder.predict_log`, `(N, 3, H, W)`.
        radiance: the truth; 1.0 is where the exposure clips, as in training, `(N, 3, H, W)`.

    Raises:
        UserError: the images are smaller than SSIM's window.
    """
    height, width = radiance.shape[2:]
    if min(height, width) < WINDOW:
        raise UserError(f"found images of {width}x{height} pixels; SSIM needs at least {WINDOW}x{WINDOW}")
    images = [(y + 1) / 2 for y in (prediction, normalise_target(radiance))]
    return OwnScores(psnr(*images), ssim(*images))
