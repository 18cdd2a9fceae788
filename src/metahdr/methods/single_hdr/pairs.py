"""What SingleHDR learns from: exposures by a random camera, and what they were before each of its steps."""

from typing import NamedTuple

import numpy as np

from metahdr.camera.emor import SAMPLES
from metahdr.camera.family import draw_camera
from metahdr.images.files import HALF_MAX
from metahdr.images.luminance import metered_scale
from metahdr.seeds import named_rng
from metahdr.training.views import Views


class Example(NamedTuple):
    """One exposure with its truth; images are float32 `(3, H, W)`.

    Attributes:
        ldr: exposure in [0, 1].
        encoded: the same before noise, quantisation and JPEG.
        light: linear light, 1.0 is where the exposure clips.
        table: the camera's inverse response, `(1024,)`.
    """

    ldr: np.ndarray
    encoded: np.ndarray
    light: np.ndarray
    table: np.ndarray


class Examples(Views):
    """Views through a random camera.

    The cameras are likely ones, because one of the networks has to guess them. At most half of the pixels clip;
    the authors leave out images where more do.
    """

    def __getitem__(self, index: int) -> Example:
        rng = named_rng(self.seed, "single_hdr", index)
        hdr = self.view(rng)
        camera = draw_camera(rng, likely=True)
        light = camera.light(hdr)
        most = 1 / max(float(np.median(light.max(-1))), 1e-6)
        scale = min(metered_scale(light) * 2.0 ** rng.uniform(*self.settings.ev), most)
        light = np.minimum(light * np.float32(scale), HALF_MAX)
        images = (camera.expose(light, rng) / 255, camera.encode(light), light)
        return Example(
            *(np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) for image in images),
            camera.table(SAMPLES).astype(np.float32),
        )
