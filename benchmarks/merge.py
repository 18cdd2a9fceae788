"""The merge of a bracket against OpenCV's: python benchmarks/merge.py PANORAMAS [EMOR] (five minutes).

PANORAMAS is the folder of `polyhaven-1k`'s raw files. Places are those that `config/labels_study.yaml` tests with;
the constants of `brackets/merge.py` were chosen on the others. EMOR is the file emor.txt of Grossberg and Nayar
2004, measured curves beside the two families of closed form. One view of each place, in each of the `KINDS` of
brackets. OpenCV's best is `CalibrateDebevec` with 300 samples and lambda 100, the mean curve of the channels with
255 as an exposure of 1, then `MergeDebevec`, with what is saturated in the shortest exposure taken from it alone.
The last lines are the figures: differences of means from OpenCV's best, and apart those of brackets whose middle
exposure is nearly black.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
import yaml

from metahdr.brackets.handheld import merge_bracket
from metahdr.brackets.merge import CLIPPED, inverse_response, merge
from metahdr.camera.curve import Curve
from metahdr.camera.exposure import PIXEL_VALUES, expose
from metahdr.camera.response import draw_response
from metahdr.config.expose import Expose
from metahdr.config.photometry import Photometry
from metahdr.images.files import read_hdr, repair
from metahdr.images.luminance import luminance, metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.methods.bracket import fill
from metahdr.methods.radiance import Radiance
from metahdr.metrics.cvvdp import CVVDP
from metahdr.metrics.measure import measure
from metahdr.metrics.pu21 import PU21_PSNR
from metahdr.seeds import named_rng

SIZE, AZIMUTH = 256, 0.0
NEAR_BLACK = 16  # a bracket whose middle exposure has a median value below this is nearly black
SETTINGS = Expose()
METRICS = [replace(PU21_PSNR, alignments=("plain", "crf"), regions=("all",)), replace(CVVDP, alignments=("crf",))]


@dataclass(frozen=True)
class Kind:
    """A kind of bracket: curves, the meter's error in stops, white's value, JPEG's quality, the exposures."""

    draw: Callable[[np.random.Generator], Callable]
    metering: float = 0.0
    white: int = 255
    jpeg: int | None = None
    stops: tuple[float, ...] = (-2.0, 0.0, 2.0)


def general(rng: np.random.Generator) -> Curve:
    """A curve of no closed form: its slope in log exposure is a random smooth function."""
    u = (PIXEL_VALUES + 0.5) / 256
    slope = rng.uniform(0.2, 1.6) * np.log(u + np.exp(rng.uniform(np.log(0.003), np.log(0.1))))
    slope += sum(rng.normal(0, 0.6 / k) * np.cos(k * np.pi * u) for k in range(1, 5))
    exposures = np.concatenate([[0], np.cumsum(np.exp(slope))])
    return Curve(exposures / exposures[-1])


def measured(path: Path) -> Callable[[np.random.Generator], Curve]:
    """Curves of EMoR, whose deviation from the mean response is normal in the first five components."""
    parts = re.split(r"([A-Za-z]+0?(?:\(\d+\))?)\s*=", path.read_text(encoding="utf-8"))
    columns = {
        name: np.array(numbers.split(), float) for name, numbers in zip(parts[1::2], parts[2::2], strict=True)
    }
    components = np.array([columns[f"h({index})"] for index in range(1, 6)])

    def draw(rng: np.random.Generator) -> Curve:
        response = np.array([1.0, 0.0])
        while (np.diff(response) < 0).any():
            response = columns["f0"] + rng.normal(0, [2.2, 0.8, 0.4, 0.25, 0.15]) @ components
        return Curve(np.interp(np.linspace(0, 1, 257), response / response[-1], columns["E"]))

    return draw


sigmoid = partial(draw_response, n=SETTINGS.response_n, sigma=SETTINGS.response_sigma)
KINDS = {
    "sigmoid": Kind(sigmoid),
    "general": Kind(general),
    "jpeg": Kind(sigmoid, jpeg=90),
    "general_jpeg": Kind(general, jpeg=90),
    "white_251": Kind(sigmoid, white=251),
    "dark": Kind(sigmoid, metering=-4.0),
    "general_dark": Kind(general, metering=-4.0),
    "pair": Kind(sigmoid, stops=(-2.0, 2.0)),
}


def bracket(view: np.ndarray, kind: Kind, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exposures uint8 `(3, H, W, 3)`, the truth in their scale, and the camera's true curve."""
    response = kind.draw(rng)
    truth = view * np.float32(2**kind.metering)
    full = kind.white / 255
    exposures = [
        expose(truth, stop, lambda x: full * response(x), SETTINGS.noise, rng, kind.jpeg) for stop in kind.stops
    ]
    if kind.jpeg is None:  # noise does not leave what is clipped
        exposures = [np.minimum(exposure, kind.white) for exposure in exposures]
    return np.stack(exposures), truth, response.inverse(np.minimum(PIXEL_VALUES / kind.white, 1))


def ours(exposures: np.ndarray, stops: list[float], true: np.ndarray) -> np.ndarray:
    """This project's merge."""
    return merge(exposures, stops, inverse_response(exposures, stops))


def known(exposures: np.ndarray, stops: list[float], true: np.ndarray) -> np.ndarray:
    """The same with the true curve."""
    return merge(exposures, stops, true)


def opencv(exposures: np.ndarray, stops: list[float], true: np.ndarray) -> np.ndarray:
    """OpenCV's best."""
    times = np.float32([2.0**stop for stop in stops])
    cv2.setRNGSeed(0)
    found = cv2.createCalibrateDebevec(samples=300, lambda_=100.0).process([*exposures], times)
    curve = np.exp(np.log(found).mean(-1))
    curve = np.repeat((curve / curve[255])[:, None], 3, 2).astype(np.float32)
    merged = np.nan_to_num(cv2.createMergeDebevec().process([*exposures], times, curve))
    return np.where(exposures[0] == 255, np.float32(2 ** -stops[0]), merged)


@cache
def network() -> Radiance:
    return Radiance.load()


def completed(exposures: np.ndarray, stops: list[float], true: np.ndarray) -> np.ndarray:
    """Ours, completed by the shipped network where every exposure is clipped."""
    merged = merge_bracket(exposures, stops, align=False, deghost=False)
    return fill(merged, network().with_camera(merged.curve))


METHODS = {"ours": ours, "opencv": opencv, "known": known, "completed": completed}


def log_rmse(prediction: np.ndarray, truth: np.ndarray, shown: np.ndarray) -> float:
    """In stops, of the values that are shown."""
    difference = np.log2(np.maximum(prediction, 1e-6)) - np.log2(np.maximum(truth, 1e-6))
    return float(np.sqrt(np.mean(difference[shown] ** 2))) if shown.any() else np.nan


def evaluate(name: str, hdr: np.ndarray, kinds: dict[str, Kind], metrics: list) -> list[dict]:
    """A row for each kind and method, of one view."""
    rows = []
    view = perspective_view(hdr, AZIMUTH, 70.0, SIZE)
    view *= np.float32(metered_scale(view))
    for label, kind in kinds.items():
        exposures, truth, true = bracket(view, kind, named_rng(0, "merge", name, label))
        shown = ((exposures >= 10) & (exposures <= 245)).any(0)
        clipped = (exposures.min(0) >= CLIPPED).any(-1)
        high = (exposures >= 250) & (exposures < kind.white)
        for method, function in METHODS.items():
            image = function(exposures, list(kind.stops), true)
            row = {"place": name, "kind": label, "median": np.median(exposures[1]), "method": method}
            row |= {"log_rmse": log_rmse(image, truth, shown), "high": high.mean()}
            row["clipped_log_rmse"] = log_rmse(luminance(image), luminance(truth), clipped)
            tensors = (torch.from_numpy(a.transpose(2, 0, 1).copy()) for a in (image, truth, exposures[1] / 255))
            for value in measure(*tensors, metrics, Photometry(), {}):
                row[f"{value.metric}_{value.alignment}"] = value.value
            rows.append(row)
    return rows


def main(folder: Path, emor: Path | None = None) -> pd.DataFrame:
    """All rows; prints the tables and the figures."""
    torch.set_num_threads(1)
    kinds = dict(KINDS)
    if emor:
        kinds |= {"emor": Kind(measured(emor)), "emor_dark": Kind(measured(emor), metering=-4.0)}
    config = yaml.safe_load(
        (Path(__file__).parent.parent / "config" / "labels_study.yaml").read_text(encoding="utf-8")
    )
    rows = []
    for place in config["split"]["fixed"]:
        path = next(path for path in sorted(folder.iterdir()) if re.match(rf"{place}[._]", path.name))
        rows += evaluate(place, repair(read_hdr(path), 0.05)[0], kinds, METRICS)
    table = pd.DataFrame(rows)
    numbers = ["pu21_psnr_plain", "pu21_psnr_crf", "cvvdp_crf", "log_rmse", "clipped_log_rmse", "high"]
    print(table.groupby(["kind", "method"])[numbers].mean().round(3).to_string())
    black = table[table["median"] < NEAR_BLACK]
    print(f"median of the middle exposure below {NEAR_BLACK}: {len(black) // len(METHODS)} brackets")
    print(black.groupby("method")[numbers].mean().round(3).to_string())
    groups = {kind: table[table.kind == kind] for kind in kinds} | {"near_black": black}
    for name, group in groups.items():
        mean = group.groupby("method")[numbers].mean()
        for number, decimals in (("pu21_psnr_plain", 2), ("pu21_psnr_crf", 2), ("cvvdp_crf", 3)):
            gain = mean.loc["ours", number] - mean.loc["opencv", number]
            print(f"figure=merge_{name}_{number}_gain value={gain:.{decimals}f} target=>0")
        ratio = mean.loc["ours", "log_rmse"] / mean.loc["opencv", "log_rmse"]
        print(f"figure=merge_{name}_log_rmse_ratio value={ratio:.2f} target=<1")
        ratio = mean.loc["completed", "clipped_log_rmse"] / mean.loc["ours", "clipped_log_rmse"]
        print(f"figure=completed_{name}_clipped_log_rmse_ratio value={ratio:.2f} target=<=0.75")
        gain = mean.loc["completed", "pu21_psnr_plain"] - mean.loc["ours", "pu21_psnr_plain"]
        print(f"figure=completed_{name}_pu21_psnr_plain_gain value={gain:.2f} target=>=-0.1")
    return table


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
