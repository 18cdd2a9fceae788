import re
import shutil

import pytest

from metahdr.evaluation.summary import summarise
from metahdr.registry import METRICS
from metahdr.report.figures import plots
from metahdr.report.figures.pictures import first_picture
from metahdr.report.results import Results
from metahdr.report.tables import main_table
from metahdr.tables import read_table, write_table

SHEETS = ["first", "fig3_scene", "fig4_single_shot", "fig5_adapted", "fig6_artefacts"]
PLOTS = ["training", "steps", "by_exposure", "by_scene", "reliability"]


def text_of(page, first, last):
    """The text between two sections."""
    return re.sub("<[^>]*>", "", page[page.index(f'id="{first}"') : page.index(f'id="{last}"')])


def test_the_page_needs_nothing_from_outside(page):
    assert all(source.startswith("data:image/") for source in re.findall(r'src="([^"]*)"', page))
    assert set(re.findall(r'href="([^#"][^"]*)"', page)) == {"https://h.org"}
    assert not re.search(r"<link|@import|url\(|fetch\(|XMLHttpRequest", page)


def test_every_value_of_the_first_table_is_shown(data, page):
    shown = text_of(page, "table", "say")
    for _, rows in main_table(Results(data, 0.95)).groups:
        for row in rows:
            assert row.title in shown
            for entry in row.entries:
                assert entry.mean in shown and entry.interval in shown and entry.seeds in shown
                assert f"{entry.mean} {entry.difference}{entry.baseline}".strip() in shown


def test_what_a_user_wrote_is_shown_not_interpreted(page):
    assert "seed: 0 # &lt;b&gt;mine&lt;/b&gt;" in page


def test_the_code_that_trained_each_network_is_named(page):
    provenance = re.sub("<[^>]*>", "", page[page.index('id="provenance"') :])
    assert "fold0/metahdr/true/seed0/best: code c0dec0dec0de" in provenance
    assert "fold0/joint/true/seed0/best: code beefbeefbeef" in provenance


def test_seconds_are_added_up_by_stage(page):
    score = re.search(r'<th scope="row">score</th>(.*?)</tr>', page)[1]
    assert re.findall("<td>(.*?)</td>", score) == ["2", "3.2", "2.2", "310"]


def test_a_commit_is_shortened_and_a_missing_one_is_said_in_full(data, figures, page, write):
    assert "commit 0123456789ab with uncommitted changes" in page
    text = write(data, figures, commit="unknown: not a git checkout")
    assert text.count("unknown: not a git checkout") == 2


def test_no_number_is_nan(page):
    shown = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    assert not re.search(r"\bnan\b", shown)


@pytest.mark.parametrize("name", SHEETS + PLOTS)
def test_every_figure_is_on_the_page_and_in_files_with_its_numbers(figures, page, name, tmp_path):
    figure = figures[name]
    figure.write(tmp_path)
    operators = ["", "_reinhard", "_local"] if name in SHEETS else [""]
    for operator in operators:
        assert (tmp_path / f"{name}{operator}.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")
    assert len(read_table(tmp_path / f"{name}.csv")) > 0
    assert page.count(f'alt="{figure.title}"'.replace("'", "&#39;")) == len(operators)


def test_a_run_without_a_figure_has_a_page_without_it(data, figures, page, write):
    assert 'id="steps"' in page
    text = write(data, {name: figure for name, figure in figures.items() if name != "steps"})
    assert 'id="by_scene"' in text and 'id="steps"' not in text


def test_a_prediction_that_is_not_there_leaves_its_picture_out(make_run, figures, write):
    data = make_run()
    for folder in (data / "fold0").glob("metahdr/*/seed0/predictions"):
        shutil.rmtree(folder)
    first = first_picture(Results(data, 0.95))
    assert first.svg["gamma"].count("<image") == 2 * 3  # input, baseline, truth
    write(data, figures | {"first": first})


def test_one_test_place_has_no_intervals_and_still_a_page(make_run, figures, write):
    data = make_run()
    scores = read_table(data / "scores.csv")
    scores = scores[scores.place == "dunes"]
    write_table(data / "scores.csv", scores)
    write_table(data / "summary.csv", summarise(scores, 0.95))
    assert plots.reliability(Results(data, 0.95)) is None
    alone = figures | {"by_exposure": plots.by_exposure(Results(data, 0.95))}
    text = write(data, {name: figure for name, figure in alone.items() if name != "reliability"})
    assert "views of 1 place," in text
    assert not re.search(r"\bnan\b", re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL))


def test_a_run_of_a_metric_that_only_the_registry_knows_has_its_page(make_run, figures, write):
    data = make_run()
    for name in ("scores.csv", "summary.csv"):
        table = read_table(data / name)
        write_table(data / name, table[table.metric == "psnr"].assign(metric="mu_psnr"))
    text = write(data, figures | {"by_exposure": plots.by_exposure(Results(data, 0.95))})
    assert text_of(text, "table", "say").count(METRICS["mu_psnr"].title) >= 1
