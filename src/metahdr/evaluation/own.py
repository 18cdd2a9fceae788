"""Somebody's own predictions of a run's test scenes, scored beside the run's."""

from pathlib import Path

import pandas as pd

from metahdr.companions import is_companion
from metahdr.config.score import Score
from metahdr.errors import UserError
from metahdr.evaluation.agreement import Run
from metahdr.evaluation.comparison import compare
from metahdr.evaluation.interval import with_interval
from metahdr.evaluation.predictions import prediction_name
from metahdr.evaluation.scores import CELL, NONE, Folder, failures, score_folder
from metahdr.evaluation.summary import common_tables, headline
from metahdr.registry import METRICS
from metahdr.scenes.scene import Scene, Scenes
from metahdr.workflow.folders import DatasetFolder


def score_own(folder: Path, run: Run, name: str) -> pd.DataFrame:
    """The scores of a folder of predictions, named as `prediction_name` does, as rows of `scores.csv`.

    Every test scene of every fold of the run is wanted; what is missing counts as an image of zeros. The metrics
    are those of the run that need no weight file.

    Raises:
        UserError: the folder has no prediction of these scenes, or the run has a method of that name.
    """
    if name in set(run.scores.method):
        raise UserError(f"--name {name}: the run has a method of that name; give another")
    results = DatasetFolder(run.folder)
    folds = {int(fold): Scenes(results.fold(fold).path, "test") for fold in sorted(set(run.scores.fold))}
    found = {path.name for path in folder.glob("*.exr") if not is_companion(path.name)}
    modes = sorted({mode for scenes in folds.values() for scene in scenes for mode in _modes(scene, found)})
    if not modes:
        example = next((prediction_name(s[0].name, s[0].evs[0], "single") for s in folds.values() if len(s)), "")
        raise UserError(f"{folder}: no prediction of the run's test scenes; expected files such as {example}")
    metrics = [METRICS[metric] for metric in dict.fromkeys(run.scores.metric) if not METRICS[metric].weights]
    photometry = Score.model_validate(run.provenance["config"]["score"]).photometry
    return pd.concat(
        score_folder(scenes, folder, Folder(name, NONE, NONE, fold, modes), metrics, photometry, {})
        for fold, scenes in folds.items()
    )


def _modes(scene: Scene, files: set[str]) -> set[str]:
    """The modes of the predictions of a scene."""
    starts = [prediction_name(scene.name, ev, "").removesuffix(".exr") for ev in scene.evs]
    return {file.removeprefix(s).removesuffix(".exr") for file in files for s in starts if file.startswith(s)}


def beside(own: pd.DataFrame, run: Run) -> str:
    """Own means beside the run's, a table a metric, with every difference from the first own mode, as text."""
    rows = pd.concat([own, run.scores[run.scores.metric.isin(own.metric)]], ignore_index=True)
    rows = headline(common_tables(rows)["all"])
    ours = own[CELL].iloc[0]
    table = compare(rows, CELL, {"difference": ours.to_dict()}, run.confidence, "seed")
    interval = f"in brackets: {100 * run.confidence:g} % intervals"
    lines = [f"{rows.place.nunique()} places; {interval}; failed: {len(failures(own))}"]
    for name, means in table.groupby("metric", sort=False):
        metric = METRICS[name]
        lines += ["", f"{metric.heading} ({metric.better} is better), difference from {ours.method}"]
        for row in means.itertuples():
            title = " ".join(word for word in (row.method, row.label_source, row.mode) if word != NONE)
            mean = with_interval(row.mean, row.low, row.high, metric.decimals, "")
            gap = with_interval(row.difference, row.difference_low, row.difference_high, metric.decimals)
            lines.append(f"  {title:44} {mean:30} {gap}")
    return "\n".join(lines)
