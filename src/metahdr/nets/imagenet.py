"""The normalisation of images that networks trained on ImageNet expect."""

from torch import Tensor

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of RGB in [0, 1]


def normalised(x: Tensor) -> Tensor:
    """Images in [0, 1], `(N, 3, H, W)`, with ImageNet's mean taken away and divided by its standard deviation."""
    mean, std = (x.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    return (x - mean) / std
