"""Batch normalisation for meta-learning."""

import torch
from torch import Tensor, nn


class BatchNorm(nn.Module):
    """Batch normalisation by the batch's own statistics, always; `(N, C, H, W)` to the same.

    No running statistics are kept: learn2learn's clones share buffers, so an adapted clone's forward pass would
    change the original's. What the network makes of an image thus depends on the whole batch (transductive).
    Equal to `nn.BatchNorm2d(track_running_stats=False)`, written with few passes over the image, because the
    second derivative of PyTorch's own sums one dimension at a time, a seventh of the meta-gradient's time.
    """

    def __init__(self, channels: int, epsilon: float = 1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, (0, 2, 3), keepdim=True, correction=0)
        scale = self.weight.view(1, -1, 1, 1) * torch.rsqrt(variance + self.epsilon)
        return torch.addcmul(self.bias.view(1, -1, 1, 1) - mean * scale, x, scale)
