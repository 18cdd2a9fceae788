"""What else was photographed in a place: views that share no pixel with a query, and what they tell."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from metahdr.brackets.merge import inverse_response, merge
from metahdr.camera.curve import Curve
from metahdr.scenes.scene import Scene, Scenes


def distance(a: float, b: float) -> float:
    """The angle between two azimuths, from 0 to 180 degrees."""
    return abs((a - b + 180) % 360 - 180)


def overlap(a: pd.Series, b: pd.Series) -> bool:
    """Whether two rows of a table of scenes may show the same point.

    Views of one panorama at elevation 0 are as wide as their field of view at every height; views that only touch
    share the pixels between which their edges are interpolated. Scenes of one source without a direction overlap,
    and so do scenes of two sources that show one place, because their directions have no common zero.
    """
    if a.place != b.place:
        return False
    if a.source != b.source or pd.isna([a.azimuth, b.azimuth]).any():
        return True
    return distance(a.azimuth, b.azimuth) <= (a.field_of_view + b.field_of_view) / 2


def other_views(scenes: Scenes, index: int) -> list[Scene]:
    """The scenes of the same place and the same camera that do not overlap with one, the farthest first."""
    query, own = scenes.table.iloc[index], scenes[index]
    rows = [row for _, row in scenes.table[scenes.table.source == query.source].iterrows()]
    apart = [row for row in rows if row.scene != query.scene and not overlap(row, query)]
    apart.sort(key=lambda row: (-distance(row.azimuth, query.azimuth), row.scene))
    views = [scenes.named(row.scene) for row in apart]
    return [view for view in views if same_camera(view, own) and view.stops == own.stops]


def same_camera(a: Scene, b: Scene) -> bool:
    """Whether two scenes were taken with one response; cameras that nobody knows count as one."""
    if a.response is None or b.response is None:
        return a.response is b.response
    values = np.arange(256) / 255
    return np.array_equal(a.response.inverse(values), b.response.inverse(values))


def calibrate(views: Sequence[Scene], indices: Sequence[int] | slice = slice(None)) -> tuple[Curve, Tensor]:
    """The camera's response, calibrated on bracketed views, and these merged with it.

    Both are from the exposures and their stops alone. Radiance is in the scale of each view, `(views, 3, H, W)`.

    Args:
        views: of one camera, each with the same stops.
        indices: of the exposures that are taken.
    """
    stops = np.array(views[0].stops)[indices].tolist()
    values = torch.stack([view.ldr[indices] for view in views])  # (views, exposures, 3, H, W)
    values = (values * 255).round().byte().numpy()
    table = inverse_response(np.ascontiguousarray(values.swapaxes(0, 1)), stops)
    return Curve(table), torch.from_numpy(np.stack([merge(view, stops, table) for view in values]))
