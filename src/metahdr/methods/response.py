"""The camera's own response undone: an oracle for linearisation alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from metahdr.errors import UserError
from metahdr.methods.base import Method, in_scene_scale

if TYPE_CHECKING:
    from torch import Tensor

    from metahdr.camera.response import Response
    from metahdr.scenes.scene import Scene


class KnownResponse(Method):
    """The inverse of the response curve that the scene's virtual camera has.

    Every value that is not clipped is right to within noise and quantisation; a clipped one is the radiance that
    just clips. A scene whose exposures were not taken by the virtual camera has no known response.

    Args:
        response: of the scene's camera; None: not told yet.
    """

    name = "response"
    title = "Known inverse response"
    takes = "single"
    uses = frozenset({"exposure", "ev", "response"})

    def __init__(self, response: Response | None = None):
        self.response = response

    def told(self, scene: Scene, index: int) -> Self:
        if scene.response is None:
            raise UserError(
                f"response: the camera of {scene.name} is not known; leave this method out of score.methods, or "
                "let the virtual camera take the exposures (expose.method: camera)"
            )
        return type(self)(scene.response)

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        if self.response is None:
            raise UserError("response: an oracle, which must be told the scene's camera; give another method")
        radiance = self.response.inverse(exposures.double().cpu().numpy())
        return in_scene_scale(exposures.new_tensor(radiance), stops)
