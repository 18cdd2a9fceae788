"""Quality for a CPU second: python benchmarks/meta_quality.py [results/polyhaven-mini/fold0] [minute ...].

What meta-trainings reach on validation places after some CPU minutes of one thread: the paper's recipe through
plain learn2learn (PyTorch's own layers), the same through this project's engine, and the default run's recipe.
Each goes on for as many iterations as the minutes hold; a cosine ends with the last. What is validated is the
network at hand, with simulated labels, and the time of that does not count. Without minutes: 2 5 10 20, which take
an hour.
"""

import sys
import tempfile
import time
from pathlib import Path

import torch
from meta_step import plain_layers

from metahdr.config.meta import PUBLISHED, RECIPE, Meta
from metahdr.meta.trainer import Trainer
from metahdr.training.inputs import TrainingInputs

WAYS = {
    "published, plain learn2learn": PUBLISHED | {"engine": "learn2learn"},
    "published, our engine": PUBLISHED,
    "the default recipe": RECIPE,
}


def measure(fold: Path, way: str, minutes: list[float]) -> list[tuple[float, int, dict[str, float]]]:
    """CPU minutes, iterations and validation, at each of some minutes."""
    settings = Meta(**WAYS[way] | {"label_sources": ["simulated"], "on_nonfinite": "skip", "iterations": 10**6})
    with tempfile.TemporaryDirectory() as folder:
        inputs = TrainingInputs(fold, {}, "panoramas", settings, 0, 1, "", Path(folder, "state"))
        trainer = Trainer(inputs)
    if "learn2learn" in way:
        plain_layers(trainer.learner.network)
    spent, rows = 0.0, []
    for end in minutes:
        while spent < 60 * end:
            if settings.outer_schedule == "cosine":  # of which nobody knows before how many iterations it has
                done = max(spent / (60 * minutes[-1]), 1e-9)
                trainer.settings = settings.model_copy(update={"iterations": max(trainer.iteration, 1) / done})
            start = time.process_time()
            trainer.step()
            trainer.iteration += 1
            spent += time.process_time() - start
        rows.append((spent / 60, trainer.iteration, trainer.validate()))
    return rows


def main() -> None:
    torch.set_num_threads(1)
    fold = Path(sys.argv[1] if len(sys.argv) > 1 else "results/polyhaven-mini/fold0")
    minutes = [float(each) for each in sys.argv[2:]] or [2.0, 5.0, 10.0, 20.0]
    print(f"{'recipe':30} {'CPU min':>8} {'iterations':>10} {'SSIM':>15} {'PSNR / dB':>15}   single shot, adapted")
    for way in WAYS:
        for spent, iterations, values in measure(fold, way, minutes):
            ssim, psnr = (
                ", ".join(f"{values[f'{name}_{mode}']:.{digits}f}" for mode in ("single", "adapted"))
                for name, digits in (("ssim", 3), ("psnr", 2))
            )
            print(f"{way:30} {spent:8.1f} {iterations:10} {ssim:>15} {psnr:>15}", flush=True)


if __name__ == "__main__":
    main()
