"""Small structured images, and the results folder of a tiny dataset made of them by the library itself."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from metahdr.camera.bracket import expose_scenes
from metahdr.config import Expose, Meta, Prepare
from metahdr.datasets.sources import Source
from metahdr.images import write_exr
from metahdr.prepare import prepare_source
from metahdr.scenes import Scenes
from metahdr.split import scenes_table

SHARES = {"train": 0.7, "validation": 0.2, "test": 0.1}

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def scenery():
    """Makes images without any symmetry: a sky brighter above and to one side, texture, small bright lamps."""

    def make(seed: int, height: int = 64, width: int = 128) -> np.ndarray:
        rng = np.random.default_rng(seed)
        x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(1, -1, height))
        texture = cv2.GaussianBlur(rng.normal(size=(height, width)), (0, 0), 2)
        image = np.exp(1.5 * y + 0.8 * np.sin(2 * x + rng.uniform(0, 6)) + 1.2 * texture / texture.std())
        for _ in range(12):
            left, top = rng.uniform(-1, 1, 2)
            distance = np.hypot((x - left) * width, (y - top) * height) / 3
            image += rng.uniform(50, 500) * np.exp(-(distance**2))
        return (image[..., None] * rng.uniform(0.6, 1, 3)).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def build_results():
    """Takes images through preparation, exposures and split, as the workflow's scripts do."""

    def build(
        folder: Path,
        images: dict[str, np.ndarray],
        prepare: Prepare,
        expose: Expose | None = None,
        kind="panoramas",
    ) -> Path:
        for name in ("raw", "scenes", "exposures"):
            (folder / name).mkdir(parents=True)
        tables = []
        for index, (name, image) in enumerate(images.items()):
            file = f"{name}{('.exr', '.hdr')[index % 2]}"
            if file.endswith(".exr"):
                write_exr(folder / "raw" / file, image)
            else:
                cv2.imwrite(str(folder / "raw" / file), image[..., ::-1])
            hdrs, own, table = prepare_source(name, Source(file, {}), folder / "raw", kind, prepare)
            np.save(folder / "scenes" / f"{name}.npy", hdrs)
            exposures, rows = expose_scenes(
                table.scene[table.kept].tolist(), hdrs, own, expose or Expose(), seed=0
            )
            np.save(folder / "exposures" / f"{name}.npy", exposures)
            rows.to_csv(folder / "exposures" / f"{name}.csv", index=False)
            table.to_csv(folder / "scenes" / f"{name}.csv", index=False)
            tables.append(pd.read_csv(folder / "scenes" / f"{name}.csv"))
        scenes_table(tables, SHARES, seed=0).to_csv(folder / "scenes.csv", index=False)
        return folder

    return build


@pytest.fixture(scope="session")
def results(tmp_path_factory, scenery, build_results) -> Path:
    """Five panoramas with two views each of 32x32: three sources for training, one each for the other splits."""
    images = {name: scenery(seed) for seed, name in enumerate(["alley", "beach", "cellar", "dunes", "field"])}
    folder = tmp_path_factory.mktemp("results") / "tiny"
    return build_results(folder, images, Prepare(size=32, views=2))


@pytest.fixture
def task(results):
    return Scenes(results, "train")[0]


@pytest.fixture
def tiny() -> Meta:
    """Meta-training that takes seconds."""
    return Meta(filters=2, inner_steps=1, tasks=2, iterations=4, validate_every=2, save_every=1)
