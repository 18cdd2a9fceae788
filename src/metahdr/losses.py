"""Losses between a prediction and its label, both linear light `(N, 3, H, W)`."""

from torch import Tensor
from torch.nn import functional as F


def expandnet_loss(prediction: Tensor, label: Tensor, lam: float = 5.0) -> Tensor:
    """l1 + lam (1 - cosine similarity of the pixels' colours), each averaged (Marnerides et al. 2018, section 4).

    A pixel that is black in both images has cosine 0, in the reference implementation too.
    """
    cosine = F.cosine_similarity(prediction, label, dim=1).mean()
    return F.l1_loss(prediction, label) + lam * (1 - cosine)
