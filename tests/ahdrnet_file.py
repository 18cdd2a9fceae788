"""A weight file as AHDRNet's authors publish it."""

import torch


def authors_state() -> dict[str, torch.Tensor]:
    """Random values: 64 features, six dense layers of 32, two convolutions that their network never calls."""
    random = torch.Generator().manual_seed(0)
    shapes = {"conv1": (64, 6, 3), "conv2": (64, 192, 3), "conv_up": (64, 64, 3), "conv3": (3, 64, 3)}
    shapes |= {"GFF_1x1": (64, 192, 1), "GFF_3x3": (64, 64, 3), "attConv1": (64, 64, 3), "attConv3": (64, 64, 3)}
    shapes |= {f"att{side}1": (128, 128, 3) for side in (1, 3)} | {f"att{side}2": (64, 128, 3) for side in (1, 3)}
    for block in ("RDB1", "RDB2", "RDB3"):
        shapes |= {f"{block}.dense_layers.{i}.conv": (32, 64 + 32 * i, 3) for i in range(6)}
        shapes[f"{block}.conv_1x1"] = (64, 64 + 32 * 6, 1)
    state = {}
    for name, (outputs, inputs, side) in shapes.items():
        spread = (2 / (inputs * side**2)) ** 0.5
        state[f"{name}.weight"] = spread * torch.randn(outputs, inputs, side, side, generator=random)
        state[f"{name}.bias"] = 0.1 * torch.randn(outputs, generator=random)
    return state
