import torch

from metahdr.methods.base import in_scene_scale
from metahdr.methods.camera import KnowsCameras


class Fake(KnowsCameras):
    """x^2; with a camera, its inverse response."""

    name, title, citation = "fake", "Fake", "none"
    takes, scale, uses = "single", "exposure", frozenset({"exposure", "ev"})

    def reconstruct(self, exposures, stops):
        light = exposures**2 if self.curve is None else torch.from_numpy(self.curve.inverse(exposures.numpy()))
        return in_scene_scale(light.float(), stops)
