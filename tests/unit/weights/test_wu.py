"""The checkpoint of Wu's authors, on a file of their layout with random values, by TensorFlow's conventions."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from wu_file import authors_arrays, write_checkpoint

from metahdr.errors import UserError
from metahdr.registry import METHODS
from metahdr.weights.wu import load_wu


@pytest.fixture(scope="module")
def arrays():
    return authors_arrays()


@pytest.fixture(scope="module")
def saved(arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("wu") / "pretrained_ckp.zip"
    write_checkpoint(path, arrays)
    return path


def theirs(arrays, ldr, hdr):
    """The network of the authors' code, of exposures and their light in [-1, 1], each `(3, N, 3, H, W)`."""

    def values(name):
        return torch.from_numpy(arrays[f"generator/{name}"])

    def conv(name, x, stride=2):
        weight = values(f"{name}/w").permute(3, 2, 0, 1)
        padding = weight.shape[-1] - stride  # half of it before, the larger half behind
        x = F.pad(x, (padding // 2, padding - padding // 2) * 2, mode="reflect")
        return F.conv2d(x, weight, values(f"{name}/biases"), stride)

    def transposed(name, x):
        height, width = x.shape[-2:]
        full = F.conv_transpose2d(x, values(f"{name}/w").permute(3, 2, 0, 1), stride=2)
        return full[..., 1 : 2 * height + 1, 1 : 2 * width + 1] + values(f"{name}/biases").view(-1, 1, 1)

    def norm(name, x):
        beta, gamma = values(f"{name}/beta"), values(f"{name}/gamma")
        return F.batch_norm(x, values(f"{name}/moving_mean"), values(f"{name}/moving_variance"), gamma, beta)

    halves, quarters = [], []
    for number, (image, light) in enumerate(zip(ldr, hdr, strict=True), 1):
        halves.append(conv(f"encoder{number}/g_e1_conv", torch.cat([image, light], 1)))
        quarter = conv(f"encoder{number}/g_e2_conv", F.leaky_relu(halves[-1], 0.2))
        quarters.append(norm(f"encoder{number}/g_e2_bn", quarter))
    merged = norm("merger/g_e3_bn", conv("merger/g_e3_conv", F.leaky_relu(torch.cat(quarters, 1), 0.2)))
    x = merged
    for block in range(1, 10):
        x = y = F.relu(x)
        y = F.relu(norm(f"merger/g_r{block}_bn1", conv(f"merger/g_r{block}_c1", y, 1)))
        x = x + norm(f"merger/g_r{block}_bn2", conv(f"merger/g_r{block}_c2", y, 1))
    for level, skips in ((1, [merged]), (2, quarters), (3, halves)):
        x = transposed(f"decoder/g_d{level}", F.relu(torch.cat([x, *skips], 1)))
        x = norm(f"decoder/g_d{level}_bn", x)
    return torch.tanh(conv("decoder/g_d_out_conv", F.relu(x), 1))


def test_the_network_of_the_file_is_the_authors_one(arrays, saved):
    torch.manual_seed(1)
    x = torch.rand(2, 3, 6, 40, 48)
    with torch.inference_mode():
        expected = theirs(arrays, *(2 * x - 1).transpose(0, 1).split(3, 2))
        torch.testing.assert_close(2 * load_wu(saved)(x) - 1, expected, atol=1e-5, rtol=1e-4)


def test_a_bracket_is_merged_with_the_authors_file(saved):
    method = METHODS["wu_official"].load(saved)
    merged = method.reconstruct(torch.rand(3, 3, 32, 32), (-2.0, 0.0, 2.0))
    assert merged.shape == (1, 3, 32, 32) and merged.min() >= 0 and merged.max() <= 4


def test_other_files_and_none_are_refused_in_one_line(tmp_path):
    few = {"generator/encoder1/g_e1_conv/w": np.ones((5, 5, 6, 64), np.float32)}
    write_checkpoint(tmp_path / "few.zip", few)
    with pytest.raises(UserError, match=r"few.zip: level1.0.bias is missing$"):
        load_wu(tmp_path / "few.zip")
    with pytest.raises(UserError, match="wu_official: no weights are shipped; give the authors' file"):
        METHODS["wu_official"].load()
