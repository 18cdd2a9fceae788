"""What a prediction is forgiven before it is scored.

`plain`: nothing; is the radiance right as it is given? `scale`: one factor, for an exposure that nobody knows.
`crf`: a curve and a shift of colours, for a camera's response that nobody knows; what is left are structures, and
what clipping took away. Hanji et al. 2022 ("Comparison of single image HDR reconstruction methods: the caveats of
quality assessment") and Eilertsen et al. 2021 ("How to cheat with metrics in single-image HDR reconstruction")
show that tone and scale otherwise decide the order of methods.
"""

from torch import Tensor

from metahdr.metrics.crf import correct
from metahdr.metrics.photometry import luminance_of_batch


def align(name: str, prediction: Tensor, truth: Tensor, exposure: Tensor) -> Tensor:
    """The prediction, aligned to the truth; a black one stays black.

    Args:
        name: `plain`, `scale` or `crf`.
        prediction, truth: light in cd/m^2, float64 `(3, H, W)`.
        exposure: that was reconstructed, in [0, 1], `(3, H, W)`.
    """
    return _ALIGN[name](prediction, truth, exposure) if prediction.any() else prediction


def _scaled(prediction: Tensor, truth: Tensor, exposure: Tensor) -> Tensor:
    """One scale, fitted to log luminance by least squares: the mean difference of the logarithms.

    It is fitted to pixels with no channel at 0 or 255 in the exposure, and with light in prediction and truth.
    Without such a pixel the scale is 1.
    """
    ours, true = (luminance_of_batch(image[None])[0] for image in (prediction, truth))
    shown = (exposure.amin(0) > 0) & (exposure.amax(0) < 1) & (ours > 0) & (true > 0)
    return prediction * (true[shown].log() - ours[shown].log()).mean().exp() if shown.any() else prediction


_ALIGN = {
    "plain": lambda prediction, truth, exposure: prediction,
    "scale": _scaled,
    "crf": lambda prediction, truth, exposure: correct(prediction, truth),
}
