"""Sheets of pictures: the first screen's scene, and the paper's figures 3 to 6."""

import numpy as np
import pandas as pd
from matplotlib import colormaps

from metahdr.evaluation.examples import evenly
from metahdr.images.luminance import luminance
from metahdr.report.figures.figure import Figure, sheets
from metahdr.report.results import Cell, Column, Results, in_scale, input_of, metric_of, truth_of
from metahdr.report.tables import measured, short_heading
from metahdr.report.titles import cell_title, short_title
from metahdr.scenes.scene import Scene

DARKER = -3  # stops at which highlights are shown: what clips at 1.0 is then dark grey
DARK = f"{-DARKER} stops darker"
EXAMPLES = 3
PAPERS = [Column("ssim", "plain"), Column("psnr", "plain")]  # what the paper trusted
PERCEPTUAL = ("cvvdp", "flip", "lpips_pu21", "lpips", "pu21_ssim", "pu21_psnr")  # judges, the best first
ERROR_STOPS = 4.0  # at which the map of errors is at its brightest

Example = tuple[str, str, float]  # place, scene, held-out EV


def first_picture(results: Results) -> Figure:
    """The example whose difference from the best baseline is the median one."""
    column, best = results.ranking, results.best(results.main, results.ranking)
    values, what = results.values(results.main, column), "value"
    if best:
        values, what = values - results.values(best, column), f"difference from {cell_title(*best)}"
    ranked = values.dropna().sort_values(kind="stable")
    _, name, ev = example = ranked.index[(len(ranked) - 1) // 2]
    cells = [cell for cell in (results.single, results.main, best) if cell in results.cells]
    bright, dark = _pictures(results, results.scene(name), ev, cells)
    caption = (
        f"{name}, EV {ev:+g}: the test image whose {what} in {short_heading(column)} is the median of all "
        f"{len(ranked)}. Above as exposed, below {DARK}, where highlights show."
    )
    heads = ["input", *(short_title(*cell).replace(", ", "\n") for cell in cells), "truth"]
    svg = sheets(heads, [("", bright), ("", dark)])
    return Figure("first", "The median case", caption, svg, _numbers(results, [example], cells))


def scene_figure(results: Results) -> Figure:
    """Figure 3 of the paper: the exposures of a scene and its HDR image."""
    place, name, _ = _typical(results)[0]
    scene = results.scene(name)
    truth, stops = truth_of(scene), (0, DARKER, 2 * DARKER)
    columns = [f"exposure\nEV {ev:+g}" for ev in scene.evs]
    columns += [f"HDR\n{f'{-s} stops darker' if s else 'at EV 0'}" for s in stops]
    pictures = [input_of(scene, ev) for ev in scene.evs] + [truth * 2.0**s for s in stops]
    numbers = pd.DataFrame({"scene": name, "place": place, "ev": scene.evs, "stops": scene.stops})
    numbers["clipped"] = (scene.ldr.amax(1) >= 1).float().mean((1, 2)).numpy()
    caption = f"{name}: its exposures, and its HDR truth at three display exposures. The truth's largest value is "
    caption += f"{truth.max():.3g} times what EV 0 can hold."
    title = "A scene (the paper's figure 3)"
    return Figure("fig3_scene", title, caption, sheets(columns, [("", pictures)]), numbers)


def artefacts(results: Results) -> Figure | None:
    """Figure 6 of the paper: good in its metrics, bad in a perceptual one. Found by ranks, not by eye."""
    whole = [column for column in results.columns if column.region == "all" and column.ev == "all"]
    judges = [column for column in (Column(name, "plain") for name in PERCEPTUAL) if column in whole]
    if not judges or not set(PAPERS) <= set(whole):
        return None
    cell, columns = results.main, [*PAPERS, judges[0]]
    values = pd.concat({short_heading(column): results.values(cell, column) for column in columns}, axis=1)
    ranks = [values[short_heading(c)].rank(pct=True, ascending=metric_of(c).better == "higher") for c in columns]
    values["disagreement"] = sum(ranks[:-1]) / len(PAPERS) - ranks[-1]
    values = values.sort_values("disagreement", ascending=False, kind="stable")
    rows = []
    for place, name, ev in values.index[:EXAMPLES]:
        scene = results.scene(name)
        bright, dark = _pictures(results, scene, ev, [cell])
        image = results.prediction(cell, scene, ev)
        error = None if image is None else error_map(image, truth_of(scene))
        said = [measured(c, values.loc[(place, name, ev), short_heading(c)]) for c in columns]
        rows.append((f"{name}, EV {ev:+g}: {', '.join(said)}", [*bright, *dark[1:], error]))
    heads = ["input", "reconstruction", "truth", f"reconstruction\n{DARK}", f"truth\n{DARK}", "error"]
    caption = (
        f"{cell_title(*cell)}: the images that SSIM and PSNR rank higher than {short_heading(judges[0])} does by "
        f"most. Error: of log luminance, black 0, yellow {ERROR_STOPS:g} stops and more."
    )
    title = "Good score, bad picture (the paper's figure 6)"
    return Figure("fig6_artefacts", title, caption, sheets(heads, rows), values.reset_index())


def error_map(prediction: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Absolute error of log2 luminance as 8 bits, black 0 to yellow `ERROR_STOPS`, `(H, W, 3)`."""
    stops = [np.log2(np.maximum(luminance(image), 1 / 255)) for image in (prediction, truth)]
    error = np.abs(stops[0] - stops[1]) / ERROR_STOPS
    return (colormaps["inferno"](np.clip(error, 0, 1))[..., :3] * 255).astype(np.uint8)


def reconstructions(results: Results, adapted: bool) -> Figure:
    """Figure 4 of the paper, or 5 if adapted: input, reconstruction and truth of examples, and these darker."""
    cell = results.main if adapted else results.single
    name, title = ("fig5_adapted", "Adapted") if adapted else ("fig4_single_shot", "Single shot")
    title = f"{title} (the paper's figure {5 if adapted else 4})"
    examples, column = _typical(results), results.ranking
    rows, values = [], results.values(cell, column)
    for example in examples:
        _, scene, ev = example
        bright, dark = _pictures(results, results.scene(scene), ev, [cell])
        label = f"{scene}, EV {ev:+g}: {measured(column, values.get(example, np.nan))}"
        rows.append((label, bright + dark))
    heads = ["input", "reconstruction", "truth"]
    caption = (
        f"The network {'after' if adapted else 'before'} adaptation, on one image of each of {len(examples)} "
        "places, evenly spread by name: the one with the place's median value after adaptation. On the right the "
        f"same {DARK}, where highlights show."
    )
    svg = sheets([*heads, *(f"{head}\n{DARK}" for head in heads)], rows)
    return Figure(name, title, caption, svg, _numbers(results, examples, [cell]))


def _pictures(results: Results, scene: Scene, ev: float, cells: list[Cell]) -> tuple[list, list]:
    """Input, reconstructions and truth in the exposure's scale, as exposed and darker.

    What clipped in the input is grey where it is darker.
    """
    light = in_scale(scene, ev, [results.prediction(cell, scene, ev) for cell in cells])
    dark = [None if image is None else image * np.float32(2.0**DARKER) for image in light]
    return [input_of(scene, ev), *light[1:]], dark


def _numbers(results: Results, examples: list[Example], cells: list[Cell]) -> pd.DataFrame:
    """What was drawn: a row an example and cell, with its value and the prediction's file."""
    rows = []
    for place, scene, ev in examples:
        for cell in cells:
            value = results.values(cell, results.ranking).get((place, scene, ev), np.nan)
            file = results.prediction_file(cell, scene, ev).relative_to(results.data)
            row = {"scene": scene, "place": place, "ev": ev, **cell._asdict()}
            rows.append(row | {short_heading(results.ranking): value, "file": file})
    return pd.DataFrame(rows)


def _typical(results: Results) -> list[Example]:
    """Examples by rule: places evenly spread by name; of each the image with the median value of the main cell."""
    values = results.values(results.main, results.ranking).dropna()
    places = sorted(set(values.index.get_level_values("place")))
    chosen = [places[i] for i in evenly(len(places), EXAMPLES)]
    ranked = [values[[place]].sort_values(kind="stable") for place in chosen]
    return [series.index[(len(series) - 1) // 2] for series in ranked]
