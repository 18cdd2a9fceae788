"""Views of raw HDR images to train on: decoded once, then cropped, flipped and coloured at random."""

from pathlib import Path

import cv2
import numpy as np
from torch.utils.data import Dataset

from metahdr.config.base import TrainingSection
from metahdr.errors import UserError
from metahdr.files import atomic_write
from metahdr.images.files import read_hdr, repair, resize_square
from metahdr.images.panorama import perspective_view
from metahdr.training.progress import track


class Views(Dataset):
    """What is trained on; example i depends on the seed and i alone.

    So a resumed training gets the examples that it would have got without the interruption. The images are
    memory-mapped: they take no more memory than a copy of one of them, however many there are.

    Args:
        images: to train on, from `decode_images`.
        panoramas: the images are equirectangular; a crop is a perspective view.
        settings: of the training, with the `size` of a view in pixels and the `crop_scale`.
        seed: of the training.
    """

    def __init__(self, images: list[Path], panoramas: bool, settings: TrainingSection, seed: int):
        self.images, self.panoramas, self.settings, self.seed = images, panoramas, settings, seed

    def view(self, rng: np.random.Generator, hue: float = 7.0, saturation: float = 0.1) -> np.ndarray:
        """A random crop of a random image, flipped, in changed colours, `(size, size, 3)`.

        Args:
            hue, saturation: standard deviations of the change of colours.
        """
        hdr = self.crop(np.load(self.images[rng.integers(len(self.images))], mmap_mode="r"), rng)
        hdr = hdr[:, ::-1] if rng.random() < 0.5 else hdr
        return change_colours(hdr, rng.normal(0, hue), rng.normal(0, saturation))

    def crop(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A square whose side is `crop_scale` of the image's height; of a panorama, of its 180 degrees."""
        scale, size = rng.uniform(*self.settings.crop_scale), self.settings.size
        if self.panoramas:
            azimuth, elevation = rng.uniform(0, 360), rng.uniform(-30, 30)
            return perspective_view(image, azimuth, 180 * scale, size, elevation)
        side = max(round(scale * min(image.shape[:2])), 1)
        top, left = (int(rng.integers(length - side + 1)) for length in image.shape[:2])
        return resize_square(image[top : top + side, left : left + side], size)


def change_colours(image: np.ndarray, hue: float, saturation: float) -> np.ndarray:
    """Turns the hue by degrees and adds to the HSV saturation; linear light `(H, W, 3)` to the same."""
    hsv = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0] + hue) % 360
    hsv[..., 1] = np.clip(hsv[..., 1] + saturation * (hsv[..., 1] > 0), 0, 1)  # grey has no hue to saturate
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def decode_images(files: dict[str, Path], folder: Path) -> list[Path]:
    """Decodes HDR files to arrays that can be memory-mapped; those that are there already stay.

    Args:
        files: `.hdr` or `.exr`, by the names of the arrays.
        folder: of the arrays, float32 `(H, W, 3)`.

    Raises:
        ImageError: a file is unreadable.
        UserError: an array cannot be written.
    """
    arrays = [folder / f"{name}.npy" for name in files]
    for file, array in track(zip(files.values(), arrays, strict=True), "decode images", len(arrays)):
        if not array.exists():
            image = repair(read_hdr(file), max_share=1.0)[0]
            try:
                with atomic_write(array) as part:
                    np.save(part, image)
            except OSError as error:
                raise UserError(f"{array}: cannot be saved: {error}; make room and run again") from None
    return arrays
