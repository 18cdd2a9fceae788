"""Moving brackets of the scenes of one fold, made with `brackets.motion` or taken as a dataset brings them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import cv2
import numpy as np

from metahdr.brackets.ghosts import find_moved
from metahdr.brackets.merge import inverse_response
from metahdr.brackets.motion import Shake, draw_shake, draw_thing, moved_pixels, with_things
from metahdr.brackets.shifts import middle
from metahdr.camera.exposure import expose
from metahdr.config.expose import Expose
from metahdr.config.motion import Motion
from metahdr.config.prepare import Prepare
from metahdr.errors import UserError
from metahdr.images.files import pixels
from metahdr.images.panorama import perspective_view
from metahdr.scenes.scene import Scene, Scenes
from metahdr.seeds import named_rng

View = Callable[[Shake], np.ndarray]


class Moving(NamedTuple):
    """A moving bracket, or those of N scenes with a first dimension N.

    Attributes:
        exposures: uint8 `(E, H, W, 3)`.
        truth: what the middle exposure shows, in the scene's scale, float32 `(H, W, 3)`.
        moved: pixels of it that something moved over, bool `(H, W)`.
    """

    exposures: np.ndarray
    truth: np.ndarray
    moved: np.ndarray


def move_source(
    name: str,
    scenes: Scenes,
    lenders: Mapping[str, Scenes],
    panorama: np.ndarray | None,
    own: bool,
    prepare: Prepare,
    motion: Motion,
    camera: Expose,
    seed: int,
) -> Moving:
    """The moving brackets of a source's scenes, in the order of its arrays; zeros for a rejected scene.

    Args:
        scenes: those of the source, and others.
        lenders: the scenes of each split, which lend moving things.
        panorama: that the scenes are views of, as `prepare` has it; None if they are not.
        own: whether the source brings its exposures, which are taken as they are.

    Raises:
        UserError: see `move`.
    """
    rows = scenes.table[scenes.table.source == name]
    shape = (scenes.count_of(name), prepare.size, prepare.size, 3)
    exposures = np.zeros((shape[0], len(camera.evs), *shape[1:]), np.uint8)
    all_of_them = Moving(exposures, np.zeros(shape, np.float32), np.zeros(shape[:3], bool))
    for index, row in rows.iterrows():
        scene = scenes[index]
        if own:
            bracket = as_taken(scene)
        else:
            view = view_of_picture(scene, prepare.field_of_view)
            if panorama is not None:
                scale = row.scale * 2 ** scenes.exposures.loc[row.scene].metering.iloc[0]
                view = view_of_panorama(panorama, row.azimuth, row.field_of_view, prepare.size, scale)
            bracket = move(scene, view, prepare.field_of_view, lenders[row.split], motion, camera, seed)
        for array, of_scene in zip(all_of_them, bracket, strict=True):
            array[row["index"]] = of_scene
    return all_of_them


def as_taken(scene: Scene) -> Moving:
    """A bracket that a dataset brings, such as Kalantari and Ramamoorthi's (2017); its truth is of the middle one.

    What moved is found by `brackets.ghosts`, with the curve that the bracket itself gives.
    """
    values = pixels(scene.ldr)
    stops = list(scene.stops)
    moved = find_moved(values, stops, inverse_response(values, stops), middle(stops))
    return Moving(values, _radiance(scene), moved)


def move(
    scene: Scene, view: View, field_of_view: float, lenders: Scenes, motion: Motion, camera: Expose, seed: int
) -> Moving:
    """A bracket of the scene by its own camera, which shakes, with things that move through the picture.

    Args:
        view: the scene's radiance as the shaken camera sees it, `(H, W, 3)` in the scene's scale.
        field_of_view: horizontal angle of the view in degrees.
        lenders: scenes of the same split, which lend the things; those of other places are preferred.

    Raises:
        UserError: the exposures are not the virtual camera's.
    """
    if scene.response is None:
        raise UserError(
            f"{scene.name}: its exposures are not the virtual camera's (expose.method: camera), which takes the "
            "exposures of a moving bracket"
        )
    rng, reference = named_rng(seed, "move", scene.name), middle(scene.stops)
    others = np.flatnonzero(lenders.table.place != scene.place)
    choices = others if len(others) else np.arange(len(lenders))
    shakes = draw_shake(rng, len(scene.stops), reference, motion)
    things = [draw_thing(rng, _radiance(lenders[rng.choice(choices)]), motion) for _ in range(motion.things)]
    pictures = [with_things(view(shake), things, time) for time, shake in enumerate(shakes, -reference)]
    exposures = [
        expose(picture, stop, scene.response, camera.noise, rng, camera.jpeg_quality)
        for picture, stop in zip(pictures, scene.stops, strict=True)
    ]
    truth = pictures[reference].astype(np.float32)
    return Moving(np.stack(exposures), truth, moved_pixels(things, shakes, reference, field_of_view))


def view_of_panorama(panorama: np.ndarray, azimuth: float, field_of_view: float, size: int, scale: float) -> View:
    """A view of a panorama, in which a shaken camera sees beyond the border of the scene.

    Args:
        scale: from the panorama's values to the scene's scale.
    """

    def view(shake: Shake) -> np.ndarray:
        yaw, pitch, roll = shake
        return perspective_view(panorama, azimuth + yaw, field_of_view, size, pitch, roll) * np.float32(scale)

    return view


def view_of_picture(scene: Scene, field_of_view: float) -> View:
    """A view of the scene alone; beyond its border it is mirrored."""
    radiance = _radiance(scene)

    def view(shake: Shake) -> np.ndarray:
        size = len(radiance)
        to_turned = np.linalg.inv(shake.homography(field_of_view, size))
        return cv2.warpPerspective(radiance, to_turned, (size, size), borderMode=cv2.BORDER_REFLECT_101)

    return view


def _radiance(scene: Scene) -> np.ndarray:
    return np.ascontiguousarray(scene.hdr.numpy().transpose(1, 2, 0))
