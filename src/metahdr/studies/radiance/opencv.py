"""OpenCV's merge of a bracket, as well as it can be had: what ours is compared with."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from metahdr.images.files import pixels
from metahdr.methods.base import Method

SAMPLES, SMOOTHNESS = 300, 100.0  # its defaults, 70 and 10, are worse on every scene that we tried


class OpenCVMerge(Method):
    """`CalibrateDebevec`, then `MergeDebevec`.

    The curves of the channels are averaged, as the virtual camera has one, and scaled so that 255 is an exposure
    of 1. OpenCV gives saturated values a weight; so pixels that are saturated in the shortest exposure are taken
    from that one alone.
    """

    name = "opencv_merge"
    title = "OpenCV's merge"
    citation = "Debevec and Malik 1997"
    takes = "bracket"
    uses = frozenset({"exposure", "ev", "support"})
    scale = "exposure"

    def reconstruct(self, exposures: Tensor, stops: Sequence[float]) -> Tensor:
        images = list(pixels(exposures))
        times = np.exp2(stops).astype(np.float32)
        calibrated = cv2.createCalibrateDebevec(SAMPLES, SMOOTHNESS, False).process(images, times)
        curve = calibrated.mean(2, keepdims=True).repeat(3, 2)
        curve = np.ascontiguousarray(curve / curve[255])
        merged = cv2.createMergeDebevec().process(images, times, curve)
        shortest = int(np.argmin(stops))
        alone = curve[images[shortest], 0, 0] / times[shortest]
        saturated = (images[shortest] == 255).any(-1, keepdims=True)
        radiance = np.nan_to_num(np.where(saturated, alone, merged), posinf=0.0)
        return torch.from_numpy(radiance.transpose(2, 0, 1)[None].astype(np.float32).copy())
