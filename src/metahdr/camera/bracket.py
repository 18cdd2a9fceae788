"""The bracket of exposures of every scene of one source, with its table."""

import numpy as np
import pandas as pd

from metahdr.camera.exposure import black_share, expose, expose_percentile, saturated_share
from metahdr.camera.response import draw_response
from metahdr.config.expose import Expose
from metahdr.errors import UserError
from metahdr.seeds import named_rng

# One row per exposure. `ev` is the nominal exposure value, which names it; `stops` is the real one, relative to
# the scene's scale. They differ for the method `percentile` alone. The HDR truth is the prepared scene times
# 2^metering.
COLUMNS = ["scene", "ev", "stops", "metering", "response_n", "response_sigma", "saturated", "black"]
COLUMNS += ["accepted", "reason"]


def expose_scenes(
    scenes: list[str], hdrs: np.ndarray, own: np.ndarray, settings: Expose, seed: int
) -> tuple[np.ndarray, pd.DataFrame]:
    """The bracket of every scene: rendered, or the dataset's own exposures.

    Args:
        scenes: names.
        hdrs: metered scenes `(N, H, W, 3)`.
        own: the dataset's own exposures `(N, E, H, W, 3)`, dark to bright; E = 0 where there are none.
        settings, seed: the configuration's.

    Returns:
        uint8 `(N, E, H, W, 3)` and the table of exposures. One rejected exposure rejects its scene.

    Raises:
        UserError: the dataset has its own exposures, but not as many as `expose.evs` names.
    """
    if own.shape[1] not in (0, len(settings.evs)) and len(scenes):
        raise UserError(
            f"expose.evs names {len(settings.evs)} exposures; the dataset brings {own.shape[1]} of its own"
        )
    images, rows = [], []
    for index, scene in enumerate(scenes):
        if own.shape[1]:
            exposures, columns = own[index], [{"stops": ev, "metering": 0.0} for ev in settings.evs]
        elif settings.method == "camera":
            exposures, columns = _camera(scene, hdrs[index], settings, seed)
        else:
            exposures, columns = _percentile(hdrs[index], settings)
        images.append(exposures)
        scene_rows = []
        for ev, ldr, column in zip(settings.evs, exposures, columns, strict=True):
            row = {"scene": scene, "ev": ev, "saturated": saturated_share(ldr), "black": black_share(ldr)}
            scene_rows.append(row | column | {"reason": _rejection(ev, row, settings)})
        for row in scene_rows:
            row["accepted"] = not any(other["reason"] for other in scene_rows)
        rows += scene_rows
    shape = (len(scenes), len(settings.evs), *hdrs.shape[1:])
    return np.array(images, np.uint8).reshape(shape), pd.DataFrame(rows, columns=COLUMNS)


def _camera(scene: str, hdr: np.ndarray, settings: Expose, seed: int) -> tuple[list[np.ndarray], list[dict]]:
    rng = named_rng(seed, "expose", scene)
    metering = rng.normal(0, settings.metering_error) if settings.metering_error else 0.0
    response = draw_response(rng, settings.response_n, settings.response_sigma)
    scaled = hdr * np.float32(2**metering)
    column = {"metering": metering, "response_n": response.n, "response_sigma": response.sigma}
    exposures = [expose(scaled, ev, response, settings.noise, rng, settings.jpeg_quality) for ev in settings.evs]
    return exposures, [{"stops": ev} | column for ev in settings.evs]


def _percentile(hdr: np.ndarray, settings: Expose) -> tuple[list[np.ndarray], list[dict]]:
    exposures, whites = zip(*(expose_percentile(hdr, p) for p in settings.percentiles), strict=True)
    middle = whites[min(range(len(whites)), key=lambda i: abs(settings.evs[i]))]
    metering = -np.log2(middle)  # HDR 1.0 is where the middle exposure clips
    return exposures, [{"stops": float(np.log2(middle / white)), "metering": metering} for white in whites]


def _rejection(ev: float, row: dict, settings: Expose) -> str:
    if row["saturated"] > settings.max_saturated:
        return f"EV {ev:+g}: {row['saturated']:.0%} saturated; at most {settings.max_saturated:.0%}"
    if row["black"] > settings.max_black:
        return f"EV {ev:+g}: {row['black']:.0%} black; at most {settings.max_black:.0%}"
    return ""
