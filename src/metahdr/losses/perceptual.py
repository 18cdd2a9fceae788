"""The perceptual loss of Liu et al. 2020, with VGG16."""

from torch import Tensor
from torch.nn import functional as F

from metahdr.losses.vgg import VGGLoss
from metahdr.weights.imagenet import VGG16


class Perceptual(VGGLoss):
    """l1 of VGG16's features after each of its first three poolings, added; of images of at least 16x16."""

    network, layout, seen = VGG16, "D", (4, 9, 16)

    def distance(self, ours: Tensor, theirs: Tensor) -> Tensor:
        return F.l1_loss(ours, theirs)
