"""The scripts of the hdr judgement, one after the other, on a tiny dataset."""

import runpy

import cv2
import pytest

from metahdr.config.expose import Expose
from metahdr.config.hdr import Hdr
from metahdr.config.photometry import Photometry
from metahdr.config.prepare import Prepare
from metahdr.errors import UserError
from metahdr.methods.hdrcnn import HDRCNN
from metahdr.tables import read_table, write_table


@pytest.fixture(scope="module")
def script(repository):
    return lambda name: runpy.run_path(str(repository / "workflow" / "scripts" / f"{name}.py"))["main"]


@pytest.fixture(scope="module")
def fold(tmp_path_factory, scenery, build_results):
    """Three panoramas of two views, one camera each; one panorama is for test."""
    images = {name: scenery(seed) for seed, name in enumerate(["alley", "beach", "cellar"])}
    expose = Expose(camera_per="place", max_saturated=1.0, max_black=1.0)
    return build_results(tmp_path_factory.mktemp("hdr") / "tiny", images, Prepare(size=32, views=2), expose)


def test_scores_tables_bars_and_pictures_are_made(tmp_path, script, fold, repository):
    settings = Hdr(ours="hdrcnn", bracket="debevec_all")
    weights = {"hdrcnn": str(HDRCNN.shipped)}
    scores, summary, table, bars = (tmp_path / name for name in ("s.csv", "m.csv", "t.md", "b.md"))
    register = repository / "config" / "datasets.yaml"
    script("hdr_score")(fold, register, ["gamma_2", "response"], weights, settings, Photometry(), 1, scores)
    script("hdr_tables")(settings, 0.95, scores, summary, table, bars)
    twenty, eight = tmp_path / "twenty.png", tmp_path / "eight.png"
    script("hdr_pictures")(fold, ["gamma_2", "hdrcnn"], weights, settings, 1, scores, twenty, eight)

    rows = read_table(scores)
    of_test = read_table(fold / "scenes.csv").query("split == 'test'")
    assert set(rows.scene) == set(of_test.scene) and len(of_test) == 2
    assert set(rows.method[rows.task == "single"]) == {"hdrcnn", "gamma_2", "response", "truth"}
    assert "| HDR-CNN |" in table.read_text() and "### A bracket" in table.read_text()
    assert "| not measured |" in bars.read_text(), "HDR-CNN takes no camera"
    shapes = [cv2.imread(str(path)).shape for path in (eight, twenty)]
    assert shapes[0][1] == shapes[1][1] and 0 < shapes[0][0] <= shapes[1][0]


def test_a_method_that_was_trained_on_a_place_is_not_judged_on_it(tmp_path, script, fold, repository):
    folder = tmp_path / "fold0"
    folder.mkdir()
    for name in ("scenes", "exposures", "curves"):
        (tmp_path / name).symlink_to(fold.parent / name)
    table = read_table(fold / "scenes.csv")
    seen = next(iter(HDRCNN.load().trained_on().values()))
    table.loc[table.split == "test", "sha256"] = seen
    write_table(folder / "scenes.csv", table)
    settings, register = Hdr(ours="hdrcnn"), repository / "config" / "datasets.yaml"
    arguments = ([], {"hdrcnn": str(HDRCNN.shipped)}, settings, Photometry(), 1, tmp_path / "scores.csv")
    with pytest.raises(UserError, match="trained on scenes"):
        script("hdr_score")(folder, register, *arguments)
