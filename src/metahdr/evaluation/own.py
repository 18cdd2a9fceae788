"""Somebody's own predictions of a run's test scenes, scored as the run's are."""

from pathlib import Path

import pandas as pd

from metahdr.companions import is_companion
from metahdr.config.score import Score
from metahdr.errors import UserError
from metahdr.evaluation.agreement import Run
from metahdr.evaluation.inputs import scenes_of
from metahdr.evaluation.interval import with_interval
from metahdr.evaluation.predictions import prediction_name
from metahdr.evaluation.scores import NONE, Folder, failures, reasons, score_folder
from metahdr.evaluation.summary import ALL, headline, summarise
from metahdr.registry import METHODS, METRICS
from metahdr.scenes.scene import Scene
from metahdr.tables import write_table
from metahdr.workflow.folders import DatasetFolder

SCREEN = 22  # lines of a terminal that a table may fill


def score_own(folder: Path, run: Run, name: str) -> pd.DataFrame:
    """The scores of a folder of predictions, named as `prediction_name` does, as rows of `scores.csv`.

    Every test scene of every fold of the run is wanted; what is missing counts as an image of zeros. The metrics
    are those of the run that need no weight file.

    Raises:
        UserError: the folder has no prediction of these scenes, the run or the registry has a method of that name,
            or scenes of the run are gone.
    """
    if name in {*run.scores.method, *METHODS}:
        raise UserError(f"--name {name}: a method of the project has that name; give another")
    folds = scenes_of(run)
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


def summarise_own(own: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Rows of `summary.csv` of own scores; `best` is the best of the run's methods, see `summarise`."""
    methods = run.scores[(run.scores.label_source == NONE) & run.scores.metric.isin(own.metric)]
    summary = summarise(pd.concat([methods, own], ignore_index=True), run.confidence)
    return summary[summary.method.isin(own.method)]


def as_text(own: pd.DataFrame, summary: pd.DataFrame, run: Run) -> str:
    """Means, and the lead over the run's best method that is given no more, for a terminal: a screen at most."""
    rows, failed = headline(summary[summary.ev == ALL]), failures(own)
    counted = f"{len(failed)} ({reasons(failed)}), scored as zeros" if len(failed) else "0"
    images = f"{len(own.drop_duplicates(['scene', 'ev']))} images of {own.place.nunique()} place(s)"
    lines = [f"{images}; failed: {counted}; in brackets: {100 * run.confidence:g} % intervals"]
    for mode, means in rows.groupby("mode", sort=False):
        lines += ["", _line(f"{own.method.iloc[0]} {mode}", "mean", "difference", "from the run's best")]
        for row in means.itertuples():
            metric = METRICS[row.metric]
            mean = with_interval(row.mean, row.low, row.high, metric.decimals, "")
            gap = (row.over_best, row.over_best_low, row.over_best_high)
            beside = ("", "") if pd.isna(row.best) else (with_interval(*gap, metric.decimals), row.best)
            heading = f"{metric.heading} {'↑' if metric.better == 'higher' else '↓'}"
            lines.append(_line(heading, mean, *beside))
    if len(lines) > SCREEN:
        lines[SCREEN - 1 :] = [f"and {len(lines) - SCREEN + 1} more lines; --out FOLDER writes all numbers"]
    return "\n".join(lines)


def _line(metric: str, mean: str, difference: str, best: str) -> str:
    return f"{metric:22} {mean:24} {difference:27} {best}".rstrip()


def new_tables(folder: Path) -> DatasetFolder:
    """The folder of `scores.csv` and `summary.csv`, which is made where it is not there.

    Raises:
        UserError: it cannot be made, or would hold the tables in a run's own place.
    """
    place = folder.resolve()
    if any(DatasetFolder(each).provenance.exists() for each in (place, *place.parents)):
        raise UserError(f"--out {folder}: lies in the folder of a run, whose tables are kept; give another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {folder}: cannot be made ({error.strerror})") from None
    return DatasetFolder(folder)


def write_tables(own: pd.DataFrame, summary: pd.DataFrame, tables: DatasetFolder) -> None:
    """Writes both tables as a run does.

    Raises:
        UserError: they cannot be written.
    """
    try:
        write_table(tables.scores, own, "%.6g")
        write_table(tables.summary, summary, "%.6g")
    except OSError as error:
        raise UserError(f"{tables.path}: cannot be written ({error.strerror or error})") from None
