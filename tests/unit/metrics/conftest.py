"""A file of AlexNet's weights."""

import pytest
import torch

import metahdr.nets.torchvision_cpu  # noqa: F401


@pytest.fixture(scope="session")
def alexnet(tmp_path_factory):
    """torchvision's state dict of AlexNet's convolutions, with random weights."""
    from torchvision.models import alexnet

    with torch.random.fork_rng():
        torch.manual_seed(0)
        features = alexnet(weights=None).features
    path = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    torch.save({f"features.{name}": value for name, value in features.state_dict().items()}, path)
    return path
