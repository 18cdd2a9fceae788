import json
import runpy

import torch

from metahdr.images.files import write_exr
from metahdr.methods.radiance import Radiance
from metahdr.methods.radiance.settings import RadianceTraining
from metahdr.nets.radiance import RadianceNet
from metahdr.weights.ours import read_facts, save_network
from metahdr.weights.radiance import load_radiance


def test_a_shipped_file_has_the_response_that_was_trained_alone_and_a_learned_prior(
    tmp_path, scenery, repository, monkeypatch
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("metahdr.methods.radiance.prior.CAMERAS", 1)
    monkeypatch.setattr("metahdr.methods.radiance.prior.SIZE", 32)
    monkeypatch.setattr("metahdr.methods.radiance.prior.EPOCHS", 2)
    main = {
        name: runpy.run_path(str(repository / "workflow" / "scripts" / f"{name}.py"))["main"]
        for name in ("train_response", "learn_prior")
    }
    write_exr(tmp_path / "a.exr", scenery(0))
    (tmp_path / "scenes.csv").write_text("scene,source,split\na_1,a,train\n")
    sources = tmp_path / "sources.json"
    sources.write_text(json.dumps({"a": {"hdr": "a.exr"}}))
    joint, response, shipped = (tmp_path / f"{name}.safetensors" for name in ("joint", "response", "shipped"))
    save_network(joint, RadianceNet(), {"trained_on": {"a": "12ab"}})
    settings = RadianceTraining(size=32, response_steps=2, batch=2)
    state, history = tmp_path / "state.pt", tmp_path / "history.csv"
    main["train_response"](
        tmp_path, sources, tmp_path, "panoramas", settings, 0, 1, "digest", state, response, history
    )
    main["learn_prior"](joint, response, sources, tmp_path, 0, 1, "digest", shipped, history)

    networks = {path: load_radiance(path).state_dict() for path in (joint, response, shipped)}
    for name, value in networks[shipped].items():
        origin = response if name.startswith("response.") else joint
        assert torch.equal(value, networks[origin][name]) != name.startswith("prior."), name
    assert Radiance.load(shipped).trained_on() == {"a": "12ab"}
    assert read_facts(shipped)["prior"]["code"] == read_facts(shipped)["response"]["code"] == "digest"
