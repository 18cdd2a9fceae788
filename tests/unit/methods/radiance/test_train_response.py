import json
import runpy

import torch

from metahdr.images.files import write_exr
from metahdr.methods.radiance import Radiance
from metahdr.methods.radiance.settings import RadianceTraining
from metahdr.nets.radiance import RadianceNet
from metahdr.weights.facts import read_facts
from metahdr.weights.ours import save_network


def test_a_shipped_file_is_the_trained_network_with_the_response_that_was_trained_alone(
    tmp_path, scenery, repository, write_fold, monkeypatch
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    train_response = runpy.run_path(str(repository / "workflow/scripts/train_response.py"))["main"]
    write_exr(tmp_path / "a.exr", scenery(0))
    write_fold(tmp_path, a="train")
    sources = tmp_path / "sources.json"
    sources.write_text(json.dumps({"a": {"hdr": "a.exr"}}), encoding="utf-8")
    joint, shipped = (tmp_path / f"{name}.safetensors" for name in ("joint", "shipped"))
    save_network(joint, RadianceNet(), {"trained_on": {"a": "12ab"}})
    settings = RadianceTraining(size=32, response_steps=2, batch=2)
    state, history = tmp_path / "state.pt", tmp_path / "history.csv"
    train_response(
        tmp_path, joint, sources, tmp_path, "panoramas", settings, 0, 1, "digest", state, shipped, history
    )

    before, after = (Radiance.load(path).network.state_dict() for path in (joint, shipped))
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert changed and all(name.startswith("response.") for name in changed)
    assert Radiance.load(shipped).trained_on() == {"a": "12ab"}
    assert read_facts(shipped)["response"]["code"] == "digest"
