import runpy

import pytest
import torch

from metahdr.config.score import Score
from metahdr.errors import UserError
from metahdr.files import sha256
from metahdr.methods.ldr import Untouched
from metahdr.methods.unseen import check_unseen
from metahdr.nets.expandnet import ExpandNet
from metahdr.nets.hdrcnn import HDRCNN
from metahdr.scenes.scene import Scenes
from metahdr.weights.ours import save_network


class Trained(Untouched):
    def __init__(self, trained_on):
        self._trained_on = trained_on

    def trained_on(self):
        return self._trained_on


@pytest.fixture
def scenes(results):
    return Scenes(results, None)


@pytest.fixture
def splits(scenes):
    """One source of each split."""
    return scenes.table.groupby("split").source.first()


def test_every_scene_knows_the_hash_of_its_raw_file(scenes, results):
    hashes = {path.stem: sha256(path) for path in (results.parent / "raw").iterdir()}
    assert len(hashes) == 5
    assert dict(zip(scenes.table.source, scenes.table.sha256, strict=True)) == hashes


def test_a_method_may_have_seen_training_scenes_and_strangers(scenes, splits):
    check_unseen(scenes.table, Trained({splits["train"]: "12ab", "elsewhere": "34cd"}))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_method_that_has_seen_a_source_by_name_is_refused(scenes, splits, split, tmp_path):
    trained_on = dict.fromkeys([splits["train"], splits[split]], "")
    reason = rf"model\.pt was trained on scenes that this run keeps from training \({split}: {splits[split]}\)"
    with pytest.raises(UserError, match=reason):
        check_unseen(scenes.table, Trained(trained_on), tmp_path / "model.pt")


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_method_that_has_seen_a_source_under_another_name_is_refused(scenes, splits, split, results):
    (raw,) = (results.parent / "raw").glob(f"{splits[split]}.*")
    reason = rf"{split}: {splits[split]} \(under the name renamed\)"
    with pytest.raises(UserError, match=reason):
        check_unseen(scenes.table, Trained({"renamed": sha256(raw)}))


def test_a_method_that_has_seen_another_panorama_of_the_same_place_is_refused(scenes, splits):
    neighbour = splits["train"]
    scenes.table.loc[scenes.table.source.isin([neighbour, splits["test"]]), "place"] = "the studio"
    scenes.table.loc[scenes.table.source == neighbour, "split"] = "train"
    with pytest.raises(UserError, match=rf"\(test: {splits['test']} \(the same place as {neighbour}\)\)"):
        check_unseen(scenes.table, Trained({neighbour: "12ab"}))


def test_the_places_of_other_datasets_count_too(scenes, splits):
    places = {"elsewhere": splits["validation"]}
    check_unseen(scenes.table, Trained({"elsewhere": "12ab"}))
    with pytest.raises(UserError, match=rf"validation: {splits['validation']} \(the same place as elsewhere\)"):
        check_unseen(scenes.table, Trained({"elsewhere": "12ab"}), places=places)


@pytest.mark.parametrize(
    ("stage", "split"),
    [
        ("check_labeller", "validation"),
        ("check_labeller", "test"),
        ("reconstruct", "test"),
        ("labels_study", "test"),
    ],
)
def test_every_stage_refuses_a_network_that_has_seen_its_scenes(
    repository, results, splits, tmp_path, stage, split
):
    (raw,) = (results.parent / "raw").glob(f"{splits[split]}.*")
    weights, other = tmp_path / "hdrcnn.safetensors", tmp_path / "expandnet.pth"
    save_network(weights, HDRCNN(1 / 64), {"width": 1 / 64, "trained_on": {"renamed": sha256(raw)}})
    torch.save(ExpandNet().state_dict(), other)
    main = runpy.run_path(str(repository / "workflow" / "scripts" / f"{stage}.py"))["main"]
    made, register = tmp_path / "made", repository / "config" / "datasets.yaml"
    arguments = {
        "check_labeller": lambda: main("hdrcnn", results / "scenes.csv", register, made, weights),
        "reconstruct": lambda: main("hdrcnn", results, "chunk0", register, ["true"], 1, made, weights),
        "labels_study": lambda: main(results, register, weights, other, Score(), 0.0, made, made, made, made),
    }
    with pytest.raises(UserError, match=rf"{split}: {splits[split]} \(under the name renamed\)"):
        arguments[stage]()
    assert not made.exists()
