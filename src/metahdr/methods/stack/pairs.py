"""What the stack's networks learn from: seven exposures of one view through a random camera."""

import numpy as np

from metahdr.camera.family import draw_camera
from metahdr.images.files import HALF_MAX
from metahdr.images.luminance import metered_scale
from metahdr.seeds import named_rng
from metahdr.training.views import Views


class RandomStacks(Views):
    """Stacks of exposures of a view. One camera takes them all, with its noise and compression anew in each."""

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """The exposures from dark to bright, uint8 `(E, 3, size, size)`, and the light, `(3, size, size)`.

        In the light, 1.0 is where the middle exposure clips.
        """
        settings, rng = self.settings, named_rng(self.seed, "stack", index)
        hdr = self.view(rng)
        camera = draw_camera(rng, likely=True)  # nothing but the picture tells the networks its response
        light = camera.light(hdr)
        scale = metered_scale(light) * 2.0 ** rng.uniform(*settings.ev)
        light = np.minimum(light * np.float32(scale), HALF_MAX)
        steps = range(-settings.recursions, settings.recursions + 1)
        stack = np.stack([camera.expose(light * np.float32(2 ** (settings.stops * k)), rng) for k in steps])
        return stack.transpose(0, 3, 1, 2).copy(), light.transpose(2, 0, 1).copy()
