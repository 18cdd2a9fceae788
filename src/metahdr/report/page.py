"""The report's one HTML page: tables, curves, pictures, provenance. It needs nothing from outside itself."""

from pathlib import Path

import jinja2
import pandas as pd

from metahdr.evaluation.scores import METRICS, NO_RUN
from metahdr.report import figures
from metahdr.scenes import Scenes
from metahdr.tables import read_table

MODES = {
    "ldr": "LDR, no reconstruction",
    "single": "Single-shot",
    "adapted_true": "Adapted with true labels",
    "adapted_simulated": "Adapted with simulated labels",
    "adapted_expandnet": "Adapted with ExpandNet's labels",
    "adapted_debevec": "Adapted with merged exposures",
}
EXTREMES = 5
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
        published: the paper's table, with the columns run, mode, ssim and psnr; empty cells are not shown, and
            neither are runs that it lacks.
    """
    scenes = Scenes(data, "test")
    scores, summary = read_table(data / "scores.csv"), read_table(data / "summary.csv")
    table = read_table(data / "scenes.csv")
    papers = read_table(published)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(Path(__file__).with_name("page.html").read_text())
    return template.render(
        runs=runs,
        modes={mode: title for mode, title in MODES.items() if mode in set(summary["mode"])},
        no_run=NO_RUN,
        cell={(row.run, row.mode, row.metric): row for row in summary.itertuples()},
        published={(row.run, row.mode, m): getattr(row, m) for row in papers.itertuples() for m in METRICS},
        has_published=bool(papers[[*METRICS]].notna().any(axis=None)),
        published_runs=[run for run in runs if papers[papers.run == run][[*METRICS]].notna().any(axis=None)],
        by_exposure=scores.groupby(["run", "mode", "ev"])[["ssim", "psnr"]].mean(),
        evs=sorted(set(scores.ev)),
        counts=table[table.kept]
        .groupby("split")
        .agg(scenes=("scene", "count"), sources=("source", "nunique"))
        .reindex(["train", "validation", "test"], fill_value=0),
        test_count=len(scenes),
        dropped=table[~table.kept],
        rejected=_rejected(data, table),
        curves=figures.curves({run: read_table(data / run / "history.csv") for run in runs}),
        galleries={run: _gallery(data, scenes, scores, run) for run in runs},
        error_limit=figures.ERROR_LIMIT,
        config=config,
        dataset=dataset,
        origin=origin,
    )


def _rejected(data: Path, table: pd.DataFrame) -> pd.DataFrame:
    exposures = [data / "exposures" / f"{source}.csv" for source in sorted(set(table[table.kept].source))]
    rows = pd.concat([read_table(path) for path in exposures])
    return rows[rows.reason.notna()]


def _gallery(data: Path, scenes: Scenes, scores: pd.DataFrame, run: str) -> dict[str, list[dict]]:
    """Rows of pictures of one run: the best and the worst by gain in PSNR, and all in the scenes' order."""
    adapted = f"adapted_{run}"  # the labels that this run was trained with
    wide = scores[scores.run == run].pivot(index=["scene", "ev"], columns="mode", values=["ssim", "psnr"])
    rows = []
    for scene in (scenes[index] for index in range(len(scenes))):
        for ev in scene.evs:
            values = wide.loc[(scene.name, ev)]
            rows.append(
                {
                    "scene": scene.name,
                    "ev": ev,
                    "before": (values["ssim", "single"], values["psnr", "single"]),
                    "after": (values["ssim", adapted], values["psnr", adapted]),
                    "gain": values["psnr", adapted] - values["psnr", "single"],
                    "picture": figures.strip(scene, ev, data / run / "predictions", adapted),
                }
            )
    ranked = sorted(rows, key=lambda row: row["gain"], reverse=True)
    return {"best": ranked[:EXTREMES], "worst": ranked[-EXTREMES:], "all": rows}
