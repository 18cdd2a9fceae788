from copy import copy

import torch

from metahdr.camera.curve import Curve
from metahdr.methods.base import Method, in_scene_scale


class Fake(Method):
    """A method with the interface of one that knows cameras: its head is one number, the gain."""

    name, title, citation = "fake", "Fake", "none"
    takes, scale, uses = "single", "exposure", frozenset({"exposure", "ev"})
    adapts = True
    curve = None
    gain = torch.ones(1)

    def reconstruct(self, exposures, stops):
        light = exposures**2 if self.curve is None else torch.from_numpy(self.curve.inverse(exposures.numpy()))
        return in_scene_scale(light.float() * self.gain, stops)

    def with_camera(self, curve):
        known = copy(self)
        known.curve = curve
        return known

    def adapt(self, exposures, labels, stops):
        assert exposures.shape == labels.shape and len(stops) == len(exposures)
        adapted = copy(self)
        adapted.gain = (labels / self.reconstruct(exposures, stops))[exposures > 0.1].median().reshape(1)
        return adapted

    def camera_state(self):
        return {"table": torch.from_numpy(self.curve.exposures), "gain": self.gain}

    def with_state(self, state):
        known = self.with_camera(Curve(state["table"].numpy()))
        known.gain = state["gain"]
        return known
