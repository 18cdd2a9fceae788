"""The weight file of AHDRNet's authors, on a file of their layout with random values."""

import pytest
import torch
from ahdrnet_file import authors_state
from torch.nn import functional as F

from metahdr.errors import UserError
from metahdr.registry import METHODS
from metahdr.weights.ahdrnet import load_ahdrnet


@pytest.fixture(scope="module")
def state():
    return authors_state()


@pytest.fixture
def saved(state, tmp_path):
    torch.save(state, tmp_path / "ahdr_model.pt", _use_new_zipfile_serialization=False)  # as PyTorch 0.3 wrote
    return tmp_path / "ahdr_model.pt"


def theirs(state, dark, middle, bright):
    """The paper's figure 2, by the names of the file."""

    def conv(name, x, dilation=1):
        weight = state[f"{name}.weight"]
        return F.conv2d(
            x, weight, state[f"{name}.bias"], padding=weight.shape[-1] // 2 * dilation, dilation=dilation
        )

    dark, middle, bright = (F.leaky_relu(conv("conv1", x)) for x in (dark, middle, bright))
    seen = []
    for side, other in ((1, dark), (3, bright)):
        x = F.leaky_relu(conv(f"att{side}1", torch.cat([other, middle], 1)))
        seen.append(other * torch.sigmoid(conv(f"att{side}2", x)))
    x, blocks = conv("conv2", torch.cat([seen[0], middle, seen[1]], 1)), []
    for block in ("RDB1", "RDB2", "RDB3"):
        dense = x
        for layer in range(6):
            dense = torch.cat([dense, F.relu(conv(f"{block}.dense_layers.{layer}.conv", dense, 2))], 1)
        x = x + conv(f"{block}.conv_1x1", dense)
        blocks.append(x)
    x = conv("GFF_3x3", conv("GFF_1x1", torch.cat(blocks, 1)))
    return torch.sigmoid(conv("conv3", conv("conv_up", x + middle)))


def test_the_network_of_the_file_is_the_published_one(state, saved):
    torch.manual_seed(1)
    x = torch.rand(2, 3, 6, 24, 20)
    with torch.inference_mode():
        torch.testing.assert_close(load_ahdrnet(saved)(x), theirs(state, *x.unbind(1)), atol=1e-5, rtol=1e-4)


def test_a_bracket_is_merged_with_the_authors_file(saved):
    method = METHODS["ahdrnet_official"].load(saved)
    merged = method.reconstruct(torch.rand(3, 3, 32, 32), (-2.0, 0.0, 2.0))
    assert merged.shape == (1, 3, 32, 32) and merged.min() >= 0 and merged.max() <= 4


def test_other_files_and_none_are_refused_in_one_line(state, tmp_path):
    torch.save({name: values for name, values in state.items() if name != "conv3.bias"}, tmp_path / "less.pt")
    with pytest.raises(UserError, match=r"less.pt: head.1.bias is missing$"):
        load_ahdrnet(tmp_path / "less.pt")
    torch.save(state | {"more.weight": torch.ones(1)}, tmp_path / "more.pt")
    with pytest.raises(UserError, match=r"more.pt: more.weight is not a parameter of AHDRNet$"):
        load_ahdrnet(tmp_path / "more.pt")
    with pytest.raises(UserError, match="ahdrnet_official: no weights are shipped; give the authors' file"):
        METHODS["ahdrnet_official"].load()
