"""What the radiance network learns from: views of panoramas through a random camera, drawn on the fly."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from torch.utils.data import Dataset

from metahdr.camera.family import draw_camera
from metahdr.images.files import HALF_MAX
from metahdr.images.luminance import metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.methods.hdrcnn.pairs import change_colours
from metahdr.methods.radiance.settings import RadianceTraining
from metahdr.nets.radiance import TABLE_SIZE
from metahdr.seeds import named_rng


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


class RandomViews(Dataset):
    """Pairs, as many as the training takes; pair i depends on the seed and i alone.

    Args:
        panoramas: `.npy` arrays, from `decode_images`.
        settings, seed: the configuration's.
        likely: as `draw_camera` takes it.
    """

    def __init__(self, panoramas: list[Path], settings: RadianceTraining, seed: int, likely: bool = False):
        self.panoramas, self.settings, self.seed, self.likely = panoramas, settings, seed, likely

    def __len__(self) -> int:
        steps = self.settings.response_steps if self.likely else self.settings.steps
        return steps * self.settings.batch

    def __getitem__(self, index: int) -> Pair:
        settings, rng = self.settings, named_rng(self.seed, "radiance", index)
        panorama = np.load(self.panoramas[rng.integers(len(self.panoramas))], mmap_mode="r")
        azimuth, elevation = rng.uniform(0, 360), np.clip(rng.normal(0, 20), -60, 60)
        hdr = perspective_view(panorama, azimuth, rng.uniform(*settings.field_of_view), settings.size, elevation)
        hdr = hdr[:, ::-1] if rng.random() < 0.5 else hdr
        hdr = change_colours(hdr, rng.normal(0, 7), rng.normal(0, 0.1))
        camera = draw_camera(rng, self.likely)
        light = camera.light(hdr)
        scale = metered_scale(light) * 2.0 ** rng.uniform(*settings.ev)
        light = np.minimum(light * np.float32(scale), HALF_MAX)
        ldr = camera.expose(light, rng)
        return Pair(
            ldr.transpose(2, 0, 1).astype(np.float32) / 255,
            np.ascontiguousarray(light.transpose(2, 0, 1)),
            camera.table(TABLE_SIZE).astype(np.float32),
        )
