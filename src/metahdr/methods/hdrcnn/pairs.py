"""What HDR-CNN learns from: exposures by a random virtual camera (Eilertsen et al. 2017, section 4)."""

import numpy as np

from metahdr.camera.exposure import expose
from metahdr.camera.response import draw_response
from metahdr.images.files import HALF_MAX
from metahdr.seeds import named_rng
from metahdr.training.views import Views


class TrainingPairs(Views):
    """Pairs of an LDR exposure and its HDR image relative to it, both float32 `(3, size, size)`.

    Each is a view through a random response curve, exposed so that a random share of its pixels is clipped.
    """

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        settings, rng = self.settings, named_rng(self.seed, "hdrcnn", index)
        hdr = self.view(rng, settings.hue, settings.saturation)
        white = np.quantile(hdr.max(-1), 1 - rng.uniform(*settings.clipped_share))
        hdr = np.minimum(hdr / np.float32(max(white, 1e-6)), HALF_MAX)
        response = draw_response(rng, settings.response_n, settings.response_sigma)
        jpeg = int(rng.integers(*settings.jpeg_quality, endpoint=True)) if settings.jpeg_quality else None
        ldr = expose(hdr, 0.0, response, rng.uniform(*settings.noise), rng, jpeg)
        return ldr.transpose(2, 0, 1).astype(np.float32) / 255, np.ascontiguousarray(hdr.transpose(2, 0, 1))
