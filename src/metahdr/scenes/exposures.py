"""The bracket of exposures of every scene of one source, with its table."""

from itertools import combinations

import numpy as np
import pandas as pd

from metahdr.camera.curve import Curve
from metahdr.camera.emor import Emor
from metahdr.camera.exposure import PIXEL_VALUES, black_share, expose, expose_percentile, saturated_share
from metahdr.camera.response import Response, draw_response
from metahdr.config.expose import Expose
from metahdr.errors import UserError
from metahdr.seeds import named_rng

# One row per exposure. `ev` is the nominal exposure value, which names it; `stops` is the real one, relative to
# the scene's scale. They differ for the method `percentile`, and where a dataset brings others. The HDR truth is
# the prepared scene times 2^metering. `response_n` and `response_sigma` are missing where the camera's curve is
# not of that family.
COLUMNS = ["scene", "ev", "stops", "metering", "response_n", "response_sigma", "saturated", "black"]
COLUMNS += ["accepted", "reason"]


def expose_scenes(
    scenes: list[str],
    hdrs: np.ndarray,
    own: np.ndarray,
    settings: Expose,
    seed: int,
    place: str = "",
    emor: Emor | None = None,
    own_evs: list[float] | None = None,
) -> tuple[np.ndarray, pd.DataFrame, np.ndarray]:
    """The bracket of every scene: rendered, or the dataset's own exposures.

    Where the dataset brings more exposures than `expose.evs` names, those nearest to these are taken.

    Args:
        scenes: names.
        hdrs: metered scenes `(N, H, W, 3)`.
        own: the dataset's own exposures `(N, E, H, W, 3)`, dark to bright; E = 0 where there are none.
        own_evs: their EVs in stops; None: those of `expose.evs`.
        settings, seed: the configuration's.
        place: that the scenes show; all its scenes have one camera with `expose.camera_per: place`.
        emor: what `expose.response: emor` draws from.

    Returns:
        uint8, or uint16 where the own exposures are, `(N, E, H, W, 3)`; the table of exposures, in which a
        rejected exposure rejects its whole scene; and the cameras' curves (`camera.curve.Curve`) as tables
        `(N, K)`, K = 0 where the table of exposures has the response or the response is unknown.
    """
    own_evs = own_evs or settings.evs[: own.shape[1]]
    chosen = _choose(own_evs, settings.evs) if own.shape[1] else []
    images, rows, curves = [], [], []
    for index, scene in enumerate(scenes):
        response = None
        if own.shape[1]:
            exposures, columns = _own(own[index], own_evs, chosen, len(settings.evs))
        elif settings.method == "camera":
            exposures, columns, response = _camera(scene, hdrs[index], settings, seed, place, emor)
        else:
            exposures, columns = _percentile(hdrs[index], settings)
        images.append(exposures)
        curves.append(response.exposures if isinstance(response, Curve) else [])
        scene_rows = []
        for ev, ldr, column in zip(settings.evs, exposures, columns, strict=True):
            saturated = saturated_share(ldr, settings.white)
            row = {"scene": scene, "ev": ev, "saturated": saturated, "black": black_share(ldr)}
            reason = _rejection(ev, row, settings)
            if own.shape[1] and not chosen:
                reason = f"{own.shape[1]} own exposures; expose.evs names {len(settings.evs)}"
            scene_rows.append(row | column | {"reason": reason})
        for row in scene_rows:
            row["accepted"] = not any(other["reason"] for other in scene_rows)
        rows += scene_rows
    shape = (len(scenes), len(settings.evs), *hdrs.shape[1:])
    table = pd.DataFrame(rows, columns=COLUMNS)
    tables = np.array(curves, float).reshape(len(scenes), -1 if scenes else 0)
    return np.array(images, own.dtype if own.shape[1] else np.uint8).reshape(shape), table, tables


def _choose(evs: list[float], wanted: list[float]) -> list[int]:
    """Which of the own exposures are taken, increasing; none where there are too few.

    Of all choices, theirs is the least sum of differences to the wanted EVs.
    """
    if len(evs) <= len(wanted):
        return list(range(len(evs))) if len(evs) == len(wanted) else []
    return list(min(combinations(range(len(evs)), len(wanted)), key=lambda c: _distance(evs, c, wanted)))


def _distance(evs: list[float], chosen: tuple[int, ...], wanted: list[float]) -> float:
    return sum(abs(evs[index] - ev) for index, ev in zip(chosen, wanted, strict=True))


def _own(own: np.ndarray, evs: list[float], chosen: list[int], count: int) -> tuple[np.ndarray, list[dict]]:
    if not chosen:  # the scene is rejected
        return np.zeros((count, *own.shape[1:]), own.dtype), [{"stops": np.nan, "metering": 0.0}] * count
    return own[chosen], [{"stops": evs[index], "metering": 0.0} for index in chosen]


def _camera(
    scene: str, hdr: np.ndarray, settings: Expose, seed: int, place: str, emor: Emor | None
) -> tuple[list[np.ndarray], list[dict], Response | Curve]:
    rng = named_rng(seed, "expose", scene)
    metering = rng.normal(0, settings.metering_error) if settings.metering_error else 0.0
    of_camera = named_rng(seed, "camera", place) if settings.camera_per == "place" else rng
    response = _response(of_camera, settings, emor)
    scaled = hdr * np.float32(2**metering)
    noise, jpeg, white = settings.noise, settings.jpeg_quality, settings.white
    exposures = [expose(scaled, ev, response, noise, rng, jpeg, white) for ev in settings.evs]
    if white < 255:
        response = Curve(response.inverse(np.minimum(PIXEL_VALUES / white, 1)))
    column = {"metering": metering}
    if isinstance(response, Response):
        column |= {"response_n": response.n, "response_sigma": response.sigma}
    return exposures, [{"stops": ev} | column for ev in settings.evs], response


def _response(rng: np.random.Generator, settings: Expose, emor: Emor | None) -> Response | Curve:
    if settings.response == "sigmoid":
        return draw_response(rng, settings.response_n, settings.response_sigma)
    if emor is None:
        raise UserError("expose.response: found emor, without its file; expected emor.txt (config/weights.yaml)")
    return emor.draw(rng)


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
