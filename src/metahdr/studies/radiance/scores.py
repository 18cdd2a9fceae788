"""The radiance network and others: one exposure, with others of its view, with views of its place; brackets.

Each reconstruction is an *arm*; arms are compared within a *setting*, which is what they are given.

- `single`: from one exposure alone.
- `scene`: the query is one exposure, and the others of its view are the support, as in the paper.
- `place`: the query is one exposure; the support are brackets of views of the same place, with the same camera,
  that do not overlap with the query's. Queries without such a view are left out.
- `bracket`: from all exposures of a view.

A pixel is clipped where a channel of the scene reached the full well of the exposure, whatever value the camera or
its compression then wrote; in a bracket, where it did in the darkest exposure. It is white where all channels did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from metahdr.camera.curve import Curve
from metahdr.config.photometry import Photometry
from metahdr.methods.base import Method
from metahdr.methods.camera import KnowsCameras
from metahdr.methods.response import KnownResponse
from metahdr.metrics.cvvdp import CVVDP
from metahdr.metrics.hdr import LOG_RMSE
from metahdr.metrics.pu21 import PU21_PSNR
from metahdr.scenes.scene import Scene, Scenes
from metahdr.studies.exposure import values
from metahdr.studies.radiance.place import calibrate, other_views
from metahdr.training.progress import track

METRICS = [
    replace(PU21_PSNR, alignments=("crf", "plain"), regions=("all", "unclipped")),
    CVVDP,
    replace(LOG_RMSE, alignments=("plain",)),
]
SATURATION = "saturation"  # mean HSV saturation of the white pixels; of the truth too, as an arm of that name
TRUTH = "truth"
ALONE = "alone"  # our method from the query alone, in the settings that add something
DARK = 0.2  # a scene is near black where half of its EV 0 exposure's values are below this


@torch.no_grad()
def judge_radiance(scenes: Scenes, ours: Method, others: Sequence[Method], photometry: Photometry) -> pd.DataFrame:
    """Every value of every arm on every query.

    Args:
        ours: the method that is judged; its camera is calibrated, where it can be told one.
        others: methods of single exposures, which are judged on these, and of brackets.

    Returns:
        As `values`, with setting and dark (whether the scene is near black). A method is an arm, and the ev of a
        bracket that of its darkest exposure.
    """
    single = [method for method in others if method.takes == "single"]
    brackets = [method for method in others if method.takes == "bracket"]
    rows = []
    for index, scene in enumerate(track(scenes, "judge", len(scenes))):
        told = [ours, *(method.told(scene, 0) for method in single)]
        images = {method.name: method.reconstruct(scene.ldr, scene.stops) for method in told}
        measured = _rows("single", scene, images, photometry)
        rows.append(measured)
        alone = measured[measured.method == ours.name].assign(method=ALONE)
        arms = {"scene": scene_arms(scene, ours), "place": place_arms(scenes, index, ours)}
        for setting, images in arms.items():
            if images:
                rows += [alone.assign(setting=setting), _rows(setting, scene, images, photometry)]
        images = {method.name: method.reconstruct(scene.ldr, scene.stops) for method in brackets}
        rows.append(_rows("bracket", scene, images, photometry))
    return pd.concat(rows, ignore_index=True)


def scene_arms(scene: Scene, ours: Method) -> dict[str, Tensor]:
    """What the other exposures of the same view add, `(E, 3, H, W)` each.

    `linear`: the inverse of the response that is calibrated on them; `calibrated`: ours with that response;
    `merge`: the others merged, which does not see the query.
    """
    arms: dict[str, list[Tensor]] = {}
    for held_out, stops in enumerate(scene.stops):
        curve, merged = calibrate([scene], scene.others(held_out))
        query = scene.ldr[held_out : held_out + 1]
        for name, method in _calibrated(curve, ours).items():
            arms.setdefault(name, []).append(method.reconstruct(query, [stops])[0])
        arms.setdefault("merge", []).append(merged[0])
    return {name: torch.stack(images) for name, images in arms.items()}


def place_arms(scenes: Scenes, index: int, ours: Method) -> dict[str, Tensor]:
    """What other views of the place add, `(E, 3, H, W)` each; empty where there is none.

    `camera_linear` and `camera` have the response that is calibrated on one bracket, the farthest view's: without
    and with our network. `linear` and `calibrated` have that of all brackets.
    """
    views = other_views(scenes, index)
    if not views:
        return {}
    scene = scenes[index]
    one, every = (_calibrated(calibrate(some)[0], ours) for some in (views[:1], views))
    methods = {"camera_linear": one["linear"], **every}
    if "calibrated" in one:
        methods["camera"] = one["calibrated"]
    return {name: method.reconstruct(scene.ldr, scene.stops) for name, method in methods.items()}


def _calibrated(curve: Curve, ours: Method) -> dict[str, Method]:
    """The methods that know a camera's response, ours where it can be told one."""
    methods = {"linear": KnownResponse(curve)}
    if isinstance(ours, KnowsCameras):
        methods["calibrated"] = ours.with_camera(curve)
    return methods


def _rows(setting: str, scene: Scene, images: Mapping[str, Tensor], photometry: Photometry) -> pd.DataFrame:
    """The values of some arms on a scene, `(E, 3, H, W)` of single exposures and `(1, 3, H, W)` of brackets."""
    rows = []
    for index in [0] if setting == "bracket" else range(len(scene.evs)):
        full = scene.hdr * 2.0 ** scene.stops[index] >= 1
        of_exposure = values(scene, index, images, full.any(0), METRICS, photometry)
        where = {name: of_exposure[0][name] for name in ("scene", "source", "place", "ev", "clipped")}
        coloured = {name: arm[index] for name, arm in images.items()}
        if setting == "single":
            coloured[TRUTH] = scene.hdr
        rows += of_exposure
        rows += [where | {"method": name} | _saturation(arm, full.all(0)) for name, arm in coloured.items()]
    return pd.DataFrame(rows).assign(setting=setting, dark=is_dark(scene))


def is_dark(scene: Scene) -> bool:
    """Whether half of the values of the exposure that is nearest to EV 0 are below `DARK`."""
    middle = int(np.argmin(np.abs(scene.evs)))
    return bool(scene.ldr[middle].median() < DARK)


def _saturation(image: Tensor, white: Tensor) -> dict:
    value = hsv_saturation(image)[white].mean().item() if white.any() else float("nan")
    return {"metric": SATURATION, "alignment": "plain", "region": "white", "value": value}


def hsv_saturation(image: Tensor) -> Tensor:
    """HSV's saturation of linear light, (max - min) / max, 0 for black; `(3, H, W)` to `(H, W)`."""
    most, least = image.amax(0), image.amin(0)
    return (most - least) / most.clamp(min=torch.finfo(image.dtype).tiny)
