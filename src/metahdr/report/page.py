"""The report's one HTML page: tables, curves, pictures, provenance. It needs nothing from outside itself."""

from pathlib import Path

import jinja2
import numpy as np
import pandas as pd

from metahdr.evaluation.scores import METAHDR, NO_RUN
from metahdr.metrics.metric import Metric
from metahdr.protocols import PAPER
from metahdr.registry import METHODS, METRICS
from metahdr.report import figures
from metahdr.report.titles import cell_title, run_title
from metahdr.scenes import Scenes
from metahdr.tables import read_table

CELL = ["method", "run", "mode"]
EXTREMES = 5
RANKED_BY = "psnr"  # the best and the worst reconstructions are those with the largest and smallest gain in it
PUBLISHED = Path(__file__).with_name("published.csv")


def write_page(
    data: Path, runs: list[str], config: str, dataset: dict, origin: dict, published: Path = PUBLISHED
) -> str:
    """The page's text.

    Args:
        data: the dataset's results folder.
        runs: names of the meta-training runs, each with its folder in `data`.
        config: the effective configuration as YAML.
        dataset: name, version, files and the rest of the register's entry.
        origin: from `provenance`.
        published: the paper's numbers: method, run, mode and a column for each metric that it has; shown as they
            are written there, an empty cell is not shown.
    """
    scenes = Scenes(data, "test")
    scores, summary = read_table(data / "scores.csv"), read_table(data / "summary.csv")
    table = read_table(data / "scenes.csv")
    metrics = [METRICS[name] for name in dict.fromkeys(summary.metric)]
    papers = pd.read_csv(published, dtype=str, keep_default_na=False).melt(CELL, var_name="metric")
    papers = papers[papers.value != ""].set_index([*CELL, "metric"]).value
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(Path(__file__).with_name("page.html").read_text())
    return template.render(
        metrics=metrics,
        blocks=_blocks(summary, runs),
        cell={(row.method, row.run, row.mode, row.metric): row for row in summary.itertuples()},
        images=summary.groupby("metric")["count"].first(),
        published=papers.to_dict(),
        verdict=verdict,
        by_exposure={metric.name: _by_exposure(scores, metric) for metric in metrics},
        evs=sorted(set(scores.ev)),
        counts=table[table.kept]
        .groupby("split")
        .agg(scenes=("scene", "count"), sources=("source", "nunique"))
        .reindex(["train", "validation", "test"], fill_value=0),
        test_count=len(scenes),
        dropped=table[~table.kept],
        rejected=_rejected(data, table),
        protocol=PAPER,
        given_stops=_given_stops(summary),
        curves=figures.curves({run: read_table(data / run / "history.csv") for run in runs}),
        galleries={run: _gallery(data, scenes, scores, run) for run in runs},
        ranked_by=_ranked_by(metrics),
        run_title=run_title,
        error_limit=figures.ERROR_LIMIT,
        config=config,
        dataset=dataset,
        origin=origin,
    )


def verdict(metric: Metric, low: float, high: float) -> str:
    """`up` or `down` for differences that are all better or all worse, empty for others."""
    if metric.improves(low) and metric.improves(high):
        return "up"
    return "down" if metric.improves(-low) and metric.improves(-high) else ""


def _blocks(summary: pd.DataFrame, runs: list[str]) -> list[tuple[str, list[tuple[str, tuple]]]]:
    """The tables' rows, each with title and cell: a block without a title for the methods, then one a run."""
    cells = list(summary[CELL].drop_duplicates().itertuples(index=False, name=None))
    titles = {NO_RUN: ""} | {run: f"{METHODS[METAHDR].title}, {run_title(run)}" for run in runs}
    return [
        (title, [(cell_title(*cell), cell) for cell in cells if cell[1] == run]) for run, title in titles.items()
    ]


def _given_stops(summary: pd.DataFrame) -> list[str]:
    """The titles of the methods that are given the exposures' stops."""
    methods = [METHODS[name] for name in dict.fromkeys(summary.method)]
    return [method.title for method in methods if method.scale == "exposure"]


def _by_exposure(scores: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Means by held-out exposure, a column a cell; of the images for which every cell has a finite value."""
    wide = scores[scores.metric == metric.name].pivot(index=["scene", "ev"], columns=CELL, values="value")
    return wide.replace([np.inf, -np.inf], np.nan).dropna().groupby("ev").mean().reindex(sorted(set(scores.ev)))


def _rejected(data: Path, table: pd.DataFrame) -> pd.DataFrame:
    exposures = [data / "exposures" / f"{source}.csv" for source in sorted(set(table[table.kept].source))]
    rows = pd.concat([read_table(path) for path in exposures])
    return rows[rows.reason.notna()]


def _ranked_by(metrics: list[Metric]) -> Metric:
    return next((metric for metric in metrics if metric.name == RANKED_BY), metrics[0])


def _gallery(data: Path, scenes: Scenes, scores: pd.DataFrame, run: str) -> dict[str, list[dict]]:
    """Rows of pictures of one run: the best and the worst by gain, and all in the scenes' order."""
    adapted = f"adapted_{run}"  # the labels that this run was trained with
    wide = scores[scores.run == run].pivot(index=["scene", "ev"], columns=["mode", "metric"], values="value")
    metrics = [METRICS[name] for name in dict.fromkeys(scores.metric)]
    first = _ranked_by(metrics)
    shown = [first, *(metric for metric in metrics if metric.name in PAPER.validates and metric is not first)]
    rows = []
    for scene in scenes:
        for ev in scene.evs:
            values = wide.loc[(scene.name, ev)]
            rows.append(
                {
                    "scene": scene.name,
                    "ev": ev,
                    "values": [(m, values["single", m.name], values[adapted, m.name]) for m in shown],
                    "gain": values[adapted, first.name] - values["single", first.name],
                    "picture": figures.strip(scene, ev, data / run / "predictions", adapted),
                }
            )
    ranked = sorted(rows, key=lambda row: row["gain"], reverse=first.better == "higher")
    return {"best": ranked[:EXTREMES], "worst": ranked[-EXTREMES:], "all": rows}
