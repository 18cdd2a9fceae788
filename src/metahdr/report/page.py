"""The report's one HTML page. It needs nothing from outside itself: style, script and pictures stand inside it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from metahdr.evaluation.scores import failures
from metahdr.evaluation.tried import tried
from metahdr.images.tonemap import TITLES
from metahdr.report import tables
from metahdr.report.browser import browser_data
from metahdr.report.figures import pictures, plots
from metahdr.report.figures.figure import Figure
from metahdr.report.results import Results
from metahdr.report.sentences import findings, limits
from metahdr.report.table import Table
from metahdr.report.template import render
from metahdr.tables import read_table
from metahdr.workflow.folders import DatasetFolder

_HERE = Path(__file__).parent


def make_figures(results: Results, steps: pd.DataFrame | None) -> dict[str, Figure]:
    """The figures by name.

    Args:
        steps: values by number of inner steps; None leaves the figure out.
    """
    figures = [
        pictures.first_picture(results),
        pictures.scene_figure(results),
        pictures.reconstructions(results, adapted=False),
        pictures.reconstructions(results, adapted=True),
        pictures.artefacts(results),
        plots.training(results),
        None if steps is None else plots.by_step(results, steps),
        plots.by_exposure(results),
        plots.by_scene(results),
        plots.reliability(results),
    ]
    return {figure.name: figure for figure in figures if figure}


def write_page(
    results: Results,
    figures: dict[str, Figure],
    config: str,
    dataset: dict,
    origin: dict,
    benchmark: Sequence[Table] = (),
    benchmark_note: str = "",
) -> str:
    """The page's text.

    Args:
        figures: from `make_figures`.
        config: the effective configuration as YAML.
        dataset: name, version, files and the rest of the register's entry.
        origin: from `provenance`.
        benchmark: its tables, for a section of their own; without any that is left out.
        benchmark_note: what their numbers are.
    """
    table = pd.concat([read_table(results.folder.fold(fold).table).assign(fold=fold) for fold in results.folds])
    return render(
        _HERE / "page.html",
        browser_script=(_HERE / "page.js").read_text(encoding="utf-8"),
        browser=browser_data(results),
        operators=TITLES,
        main=tables.main_table(results),
        apart=tables.apart_table(results),
        tables=tables.all_tables(results),
        by_exposure=tables.exposure_tables(results),
        partial=tables.partial_tables(results),
        findings=findings(results),
        limits=limits(results),
        paper=tables.paper_tables(results),
        failures=failures(results.scores),
        figures=figures,
        ranked_by=tables.heading(results.ranking),
        photometry=_photometry(results.scores),
        tried=tried(results.data, results.scores),
        counts=_counts(table),
        tested={"places": results.scores.place.nunique(), "scenes": results.scores.scene.nunique()},
        evs=[f"{ev:+g}" for ev in sorted(set(results.scores.ev))],
        dropped=table[~table.kept.astype(bool)].drop_duplicates("scene"),
        rejected=_rejected(results.folder, table),
        config=config,
        dataset=dataset,
        origin=origin,
        benchmark=benchmark,
        benchmark_note=benchmark_note,
    )


def _photometry(scores: pd.DataFrame) -> str:
    """How relative radiance became cd/m2, as the scores record it."""
    levels, shown = scores.cd_m2.dropna(), scores[["display", "ppd"]].dropna().drop_duplicates()
    screens = ", ".join(f"{row.display}, {row.ppd:.3g} pixels per degree" for row in shown.itertuples())
    if levels.empty:
        return "not recorded"
    return f"relative 1.0 is {levels.min():.0f} to {levels.max():.0f} cd/m², by scene; {screens}"


def _counts(table: pd.DataFrame) -> pd.DataFrame:
    """Places and scenes of each split, a row for each fold and split."""
    kept = table[table.kept.astype(bool)]
    counts = kept.groupby(["fold", "split"]).agg(places=("place", "nunique"), scenes=("scene", "count"))
    return counts.reindex(["train", "validation", "test"], level="split").reset_index()


def _rejected(folder: DatasetFolder, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the exposures that were rejected."""
    rows = pd.concat([read_table(folder.exposures_table(chunk)) for chunk in sorted(set(table.chunk))])
    return rows[rows.reason.notna()].sort_values(["scene", "ev"])
