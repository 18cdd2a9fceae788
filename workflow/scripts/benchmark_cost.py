"""Seconds and memory of a method, of an exposure or of a moving bracket of a test scene, enlarged to each size."""

from pathlib import Path

import pandas as pd

from metahdr.config.benchmark import Benchmark
from metahdr.images.files import pixels
from metahdr.registry import METHODS, MethodName
from metahdr.scenes.scene import Scenes
from metahdr.studies.benchmark.cost import costs
from metahdr.tables import write_table
from metahdr.workflow.script import run


def main(method: MethodName, data: Path, settings: Benchmark, table: Path, weights: Path | None = None) -> None:
    """`data`: of one fold; `weights`: the method's file, where it needs one."""
    scene = Scenes(data, "test", moving=True)[0]
    indices = scene.queries() if METHODS[method].takes == "single" else range(len(scene.stops))
    exposures, stops = pixels(scene.ldr[list(indices)]), [scene.stops[index] for index in indices]
    write_table(table, pd.DataFrame(costs(method, weights, exposures, stops, settings.sizes)), "%.4g")


if __name__ == "__main__":
    run(main)
