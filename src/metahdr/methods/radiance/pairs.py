"""What the radiance network learns from: views of panoramas through a random camera, drawn on the fly."""

from typing import NamedTuple

import numpy as np

from metahdr.camera.family import draw_camera
from metahdr.images.files import HALF_MAX
from metahdr.images.luminance import metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.nets.radiance import TABLE_SIZE
from metahdr.seeds import named_rng
from metahdr.training.views import Views


class Pair(NamedTuple):
    """One exposure with its truth.

    Attributes:
        ldr: exposure in [0, 1], float32 `(3, H, W)`.
        hdr: linear light, 1.0 is where the exposure clips, `(3, H, W)`.
        table: the camera's inverse response, `(TABLE_SIZE,)`.
    """

    ldr: np.ndarray
    hdr: np.ndarray
    table: np.ndarray


class RandomViews(Views):
    """Views of panoramas, each through a random camera, or `likely` ones (`draw_camera`)."""

    likely = False

    def crop(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        azimuth, elevation = rng.uniform(0, 360), np.clip(rng.normal(0, 20), -60, 60)
        field_of_view = rng.uniform(*self.settings.field_of_view)
        return perspective_view(image, azimuth, field_of_view, self.settings.size, elevation)

    def __getitem__(self, index: int) -> Pair:
        rng = named_rng(self.seed, "radiance", index)
        hdr = self.view(rng)
        camera = draw_camera(rng, self.likely)
        light = camera.light(hdr)
        scale = metered_scale(light) * 2.0 ** rng.uniform(*self.settings.ev)
        light = np.minimum(light * np.float32(scale), HALF_MAX)
        ldr = camera.expose(light, rng)
        return Pair(
            ldr.transpose(2, 0, 1).astype(np.float32) / 255,
            np.ascontiguousarray(light.transpose(2, 0, 1)),
            camera.table(TABLE_SIZE).astype(np.float32),
        )


class LikelyViews(RandomViews):
    """The same through cameras as they are."""

    likely = True
