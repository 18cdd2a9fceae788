"""HDR images by any method of single exposures: of one photograph, of a bracket, after adaptation."""

import numpy as np
import torch

from metahdr.brackets.handheld import Merged, merge_bracket
from metahdr.errors import UserError
from metahdr.methods.base import Method
from metahdr.methods.bracket import fill
from metahdr.methods.camera import KnowsCameras
from metahdr.photographs.bracket import Bracket
from metahdr.photographs.read import Photograph
from metahdr.registry import METHODS


def method_class(name: str) -> type[Method]:
    """A method of the registry that reconstructs single photographs.

    Raises:
        UserError: unknown, or it needs more than an exposure.
    """
    method = METHODS[name]
    if method.takes != "single" or method.is_oracle():
        known = [key for key in METHODS if METHODS[key].takes == "single" and not METHODS[key].is_oracle()]
        raise UserError(f"{name}: needs more than a photograph; give one of {', '.join(known)}")
    return method


def single(method: Method, photograph: Photograph) -> np.ndarray:
    """Radiance of one photograph, float32 `(H, W, 3)`; 1.0 is where it clips."""
    if photograph.curve is not None and isinstance(method, KnowsCameras):
        method = method.with_camera(photograph.curve)
    exposure = torch.from_numpy(photograph.display())
    return method.reconstruct(exposure[None], [0.0])[0].permute(1, 2, 0).numpy()


def merged(bracket: Bracket, method: Method) -> Merged:
    """The bracket aligned, calibrated and merged; a response that the method knows is taken as it is."""
    known = method.curve if isinstance(method, KnowsCameras) else None
    return merge_bracket(bracket.exposures, bracket.stops, bracket.curve or known)


def adapted(method: Method, bracket: Merged) -> Method:
    """The method adapted to a bracket's camera."""
    if isinstance(method, KnowsCameras):
        return method.with_camera(bracket.curve)
    if not method.adapts:
        return method
    exposures = torch.from_numpy(np.ascontiguousarray(bracket.exposures.transpose(0, 3, 1, 2))) / 255
    label = torch.from_numpy(np.ascontiguousarray(bracket.radiance.transpose(2, 0, 1)))
    return method.adapt(exposures, label.expand_as(exposures), bracket.stops)


def completed(method: Method, bracket: Merged) -> np.ndarray:
    """Radiance of a bracket, float32 `(h, w, 3)`: the merge, and the adapted method where all exposures clip."""
    return fill(bracket, adapted(method, bracket))
