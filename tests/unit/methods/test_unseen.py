import pytest

from metahdr.errors import UserError
from metahdr.files import sha256
from metahdr.methods.ldr import Untouched
from metahdr.methods.unseen import check_unseen
from metahdr.scenes import Scenes


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


def test_a_method_may_have_seen_training_scenes_and_strangers(scenes, splits):
    check_unseen(scenes, Trained({splits["train"]: "12ab", "elsewhere": "34cd"}))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_method_that_has_seen_a_source_by_name_is_refused(scenes, splits, split, tmp_path):
    trained_on = dict.fromkeys([splits["train"], splits[split]], "")
    reason = rf"model\.pt was trained on scenes that this run keeps from training \({split}: {splits[split]}\)"
    with pytest.raises(UserError, match=reason):
        check_unseen(scenes, Trained(trained_on), tmp_path / "model.pt")


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_method_that_has_seen_a_source_under_another_name_is_refused(scenes, splits, split, results):
    (raw,) = (results / "raw").glob(f"{splits[split]}.*")
    reason = rf"{split}: {splits[split]} \(under the name renamed\)"
    with pytest.raises(UserError, match=reason):
        check_unseen(scenes, Trained({"renamed": sha256(raw)}))
