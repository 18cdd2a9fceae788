"""Time of all metrics of one pair of images: python benchmarks/metrics.py ALEXNET (a minute on one idle core).

ALEXNET is the file data/weights/alexnet.ckpt that a run of the workflow retrieves. CPU time of one thread, in a
process that has loaded its models; all alignments and regions. The last lines are the figures.
"""

import sys
import time
from pathlib import Path

import cv2
import torch

from metahdr.config.photometry import Photometry
from metahdr.metrics.measure import measure
from metahdr.registry import METRICS

TARGETS = {512: 3.0, 128: 0.06}  # seconds


def pair(size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Prediction, truth and exposure: texture over 9 stops and a few lamps, of which some are clipped."""
    torch.manual_seed(0)
    ramp = torch.linspace(-8, 1, size).exp2().expand(3, size, size)
    truth = ramp * (0.3 * torch.randn(1, size, size)).exp2()
    truth[:, :: size // 8, :: size // 8] = 30.0
    exposure = (truth.clamp(max=1) ** (1 / 2.2) * 255).round() / 255
    return exposure**2 * (0.1 * torch.randn(3, size, size)).exp2(), truth, exposure


def main(alexnet: Path) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    weights = {"alexnet": alexnet}
    totals = {}
    for size in TARGETS:
        images = pair(size)

        def seconds(names: list[str], images: tuple = images) -> float:
            times = []
            for _ in range(10):
                start = time.process_time()
                measure(*images, [METRICS[name] for name in names], Photometry(), weights)
                times.append(time.process_time() - start)
            return min(times[1:])  # the first loads the models; other work on the machine only adds

        print(f"{size}x{size}")
        for name in METRICS:
            print(f"  {name:12} {1000 * seconds([name]):8.1f} ms")
        totals[size] = seconds(list(METRICS))
        print(f"  {'together':12} {1000 * totals[size]:8.1f} ms")
    print(f"figure=metrics_512_seconds value={totals[512]:.2f} target=<={TARGETS[512]:g}")
    print(f"figure=metrics_128_milliseconds value={1000 * totals[128]:.0f} target=<={1000 * TARGETS[128]:g}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
