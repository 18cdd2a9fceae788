"""The contextual bilateral loss (Zhang et al. 2019) as Kim, Lee and Kang 2020 take it, with VGG-19."""

from torch import Tensor

from metahdr.losses.stack import contextual_bilateral_loss
from metahdr.losses.vgg import VGGLoss
from metahdr.weights.imagenet import VGG19


class ContextualBilateral(VGGLoss):
    """`contextual_bilateral_loss` of VGG-19's features, added; of images of at least 8x8.

    The paper's "3-rd and 4-th layer" are the last features before the third and before the fourth pooling, relu3_4
    and relu4_4, as in the published code.
    """

    network, layout, seen = VGG19, "E", (17, 26)

    def distance(self, ours: Tensor, theirs: Tensor) -> Tensor:
        return contextual_bilateral_loss(ours, theirs)
