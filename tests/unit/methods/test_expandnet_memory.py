import pytest
import torch

from metahdr.errors import UserError
from metahdr.methods import expandnet
from metahdr.nets.expandnet import ExpandNet


def test_a_large_image_needs_more_memory_than_expandnet_can_have(monkeypatch):
    monkeypatch.setattr(expandnet, "BYTES_PER_PIXEL", 1 << 40)
    with pytest.raises(UserError, match="ExpandNet needs about .* GB for 50x40 pixels"):
        expandnet.ExpandNet(ExpandNet().eval()).reconstruct(torch.rand(1, 3, 40, 50), [0.0])
