"""The scripts of the radiance network's study, one after the other, on a tiny dataset."""

import re
import runpy

import pytest

from metahdr.config.expose import Expose
from metahdr.config.photometry import Photometry
from metahdr.config.prepare import Prepare
from metahdr.config.radiance_study import RadianceStudy
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


def test_scores_tables_criteria_and_pictures_are_made(tmp_path, script, fold, repository):
    settings = RadianceStudy(ours="hdrcnn", bracket="debevec_all")
    weights = {"hdrcnn": str(HDRCNN.shipped)}
    scores, summary, table, criteria = (tmp_path / name for name in ("s.csv", "m.csv", "t.md", "b.md"))
    register = repository / "config" / "datasets.yaml"
    methods = ["hdrcnn", "debevec_all", "gamma_2", "response"]
    script("radiance_scores")(fold, register, methods, weights, settings, Photometry(), 1, scores)
    twenty, eight = tmp_path / "twenty.svg", tmp_path / "eight.svg"
    made = (summary, table, criteria, twenty, eight)
    script("radiance_page")(fold, methods, weights, settings, 0.95, 1, scores, *made)

    rows = read_table(scores)
    of_test = read_table(fold / "scenes.csv").query("split == 'test'")
    assert set(rows.scene) == set(of_test.scene) and len(of_test) == 2
    assert set(rows.method[rows.setting == "single"]) == {"hdrcnn", "gamma_2", "response", "truth"}
    assert "| HDR-CNN |" in table.read_text(encoding="utf-8") and "### A bracket" in table.read_text(
        encoding="utf-8"
    )
    assert "| not measured |" in criteria.read_text(encoding="utf-8"), "HDR-CNN takes no camera"
    sheets = [path.read_text(encoding="utf-8") for path in (eight, twenty)]
    widths, heights = zip(
        *(re.search('width="(.+?)" height="(.+?)"', text).groups() for text in sheets), strict=True
    )
    assert widths[0] == widths[1] and 0 < float(heights[0]) <= float(heights[1])
    assert all(text.count("<image") % 3 == 0 < text.count("<image") for text in sheets), "input, our method, truth"


def test_a_method_that_was_trained_on_a_place_is_not_judged_on_it(tmp_path, script, fold, repository):
    folder = tmp_path / "fold0"
    folder.mkdir()
    for name in ("scenes", "exposures", "curves"):
        (tmp_path / name).symlink_to(fold.parent / name)
    table = read_table(fold / "scenes.csv")
    seen = next(iter(HDRCNN.load().trained_on().values()))
    table.loc[table.split == "test", "sha256"] = seen
    write_table(folder / "scenes.csv", table)
    settings, register = RadianceStudy(ours="hdrcnn"), repository / "config" / "datasets.yaml"
    arguments = (["hdrcnn"], {"hdrcnn": str(HDRCNN.shipped)}, settings, Photometry(), 1, tmp_path / "scores.csv")
    with pytest.raises(UserError, match="trained on scenes"):
        script("radiance_scores")(folder, register, *arguments)
