import json
import os

import pytest
import torch
from safetensors.torch import save_file

from metahdr.errors import UserError
from metahdr.nets.expandnet import ExpandNet
from metahdr.nets.hdrcnn import HDRCNN
from metahdr.weights.expandnet import load_expandnet
from metahdr.weights.facts import read_facts
from metahdr.weights.hdrcnn import load_hdrcnn
from metahdr.weights.ours import save_network


@pytest.fixture
def network():
    torch.manual_seed(0)
    return HDRCNN(1 / 64).eval()


@pytest.fixture
def file(tmp_path, network):
    save_network(tmp_path / "ours.safetensors", network, {"width": 1 / 64, "trained_on": {"oak": "12ab"}})
    return tmp_path / "ours.safetensors"


def test_an_hdrcnn_comes_back_as_it_was_with_what_it_was_trained_on(file, network):
    x = torch.rand(1, 3, 32, 32)
    assert torch.equal(load_hdrcnn(file)(x), network(x))
    assert read_facts(file)["trained_on"] == {"oak": "12ab"}


def test_expandnets_file_is_read_strictly(tmp_path):
    parameters = ExpandNet().state_dict()
    torch.save(parameters, tmp_path / "e.pth")
    network = load_expandnet(tmp_path / "e.pth")
    assert torch.equal(network.end_net[1].weight, parameters["end_net.1.weight"])

    torch.save(parameters | {"more": torch.zeros(1)}, tmp_path / "more.pth")
    with pytest.raises(UserError, match=r"more\.pth: more is not a parameter of ExpandNet"):
        load_expandnet(tmp_path / "more.pth")
    parameters.pop("mid_net.3.bias")
    torch.save(parameters, tmp_path / "less.pth")
    with pytest.raises(UserError, match=r"less\.pth: mid_net\.3\.bias is missing"):
        load_expandnet(tmp_path / "less.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(UserError, match=r"list\.pth: damaged, or not a state dict of tensors alone"):
        load_expandnet(tmp_path / "list.pth")


def test_a_bad_file_is_refused_with_its_name_and_the_reason(tmp_path, file, network):
    parameters = network.state_dict()
    facts = {"metahdr": json.dumps({"width": 1 / 64})}

    def refused(name, reason, values=None, metadata=facts):
        path = tmp_path / f"{name}.safetensors"
        if values is not None:
            save_file(values, path, metadata)
        with pytest.raises(UserError, match=rf"{name}\.safetensors: {reason}"):
            load_hdrcnn(path)

    refused("nothing", "no such weight file")
    refused("foreign", "truncated, or not a weight file of metahdr", {"a": torch.zeros(1)}, None)
    refused("wide", "its facts say width 900", parameters, {"metahdr": '{"width": 900}'})
    refused("shape", r"head\.bias has shape \(4,\); HDRCNN has \(3,\)", parameters | {"head.bias": torch.zeros(4)})
    refused("nan", "head.bias has values that are NaN", parameters | {"head.bias": torch.full((3,), torch.nan)})
    (tmp_path / "half.safetensors").write_bytes(file.read_bytes()[:5000])
    refused("half", "truncated")
    (tmp_path / "end.safetensors").write_bytes(file.read_bytes()[:-10])
    refused("end", "truncated")
    torch.save(parameters, tmp_path / "pickle.safetensors")
    refused("pickle", "truncated, or not a weight file of metahdr")


def test_another_kind_of_file_is_no_weight_file(tmp_path):
    with pytest.raises(UserError, match=r"w\.onnx: expected a weight file"):
        load_hdrcnn(tmp_path / "w.onnx")


def test_a_weight_file_has_the_rights_of_any_new_file(tmp_path, network):
    before = os.umask(0o027)
    try:
        save_network(tmp_path / "ours.safetensors", network, {"width": 1 / 64})
    finally:
        os.umask(before)
    assert (tmp_path / "ours.safetensors").stat().st_mode & 0o777 == 0o640
