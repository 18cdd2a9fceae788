"""Small structured images, and the results folder of a tiny dataset made of them by the library itself."""

import json
import runpy
import shutil
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
import setuptools  # noqa: F401  pycvvdp brings it in, and it refuses to come after the distutils that a test imports
import torch

from metahdr.config.expose import Expose
from metahdr.config.meta import Meta
from metahdr.config.motion import Motion
from metahdr.config.prepare import Prepare
from metahdr.config.split import Split
from metahdr.datasets.chunks import chunks
from metahdr.datasets.layouts import Source
from metahdr.files import sha256
from metahdr.images.files import write_exr
from metahdr.scenes.scene import Scenes

torch.set_num_threads(1)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may start the tests where Ctrl-C is ignored


def pytest_collection_modifyitems(config, items):
    """In workers of pytest-xdist the long files start first, so that all end at about the same time."""
    if hasattr(config, "workerinput"):
        long = Path(__file__).parent / "workflow"
        items.sort(key=lambda item: long not in item.path.parents)


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
def write_fold():
    """Writes the table of a fold whose sources' files lie beside it: `write_fold(folder, a="train")`, `a.exr`."""

    def write(folder: Path, **splits: str) -> None:
        lines = [f"{name}_1,{name},{split},{sha256(folder / f'{name}.exr')}" for name, split in splits.items()]
        (folder / "scenes.csv").write_text(
            "\n".join(["scene,source,split,sha256", *lines]) + "\n", encoding="utf-8"
        )

    return write


@pytest.fixture(scope="session")
def build_results(repository):
    """Takes images through preparation, exposures and split, by the workflow's scripts."""
    scripts = repository / "workflow" / "scripts"
    prepare_script, expose_script, split_script = (
        runpy.run_path(str(scripts / f"{stage}.py"))["main"] for stage in ("prepare", "expose", "split")
    )

    def build(
        folder: Path,
        images: dict[str, np.ndarray],
        prepare: Prepare,
        expose: Expose | None = None,
        kind: str = "panoramas",
    ) -> Path:
        """The sources are in chunks of three, on average at most."""
        (folder / "raw").mkdir(parents=True)
        chunk_of = {name: chunk for chunk, names in chunks(images, 3).items() for name in names}
        files = {}
        for index, (name, image) in enumerate(images.items()):
            file = f"{name}{('.exr', '.hdr')[index % 2]}"
            if file.endswith(".exr"):
                write_exr(folder / "raw" / file, image)
            else:
                cv2.imwrite(str(folder / "raw" / file), image[..., ::-1])
            facts = {"place": name, "chunk": chunk_of[name], "sha256": {file: sha256(folder / "raw" / file)}}
            files[name] = vars(Source(file)) | facts
        (folder / "sources.json").write_text(json.dumps(files), encoding="utf-8")
        (folder / "retrieved").mkdir()
        for chunk in sorted(set(chunk_of.values())):
            hdr, own, exposures, curves = (folder / n / chunk for n in ("scenes", "own", "exposures", "curves"))
            table, rows = (folder / name / f"{chunk}.csv" for name in ("scenes", "exposures"))
            retrieved = folder / "retrieved" / f"{chunk}.json"
            retrieved.write_text(
                json.dumps({k: v for k, v in files.items() if v["chunk"] == chunk}), encoding="utf-8"
            )
            prepare_script(retrieved, kind, prepare, folder / "raw", hdr, own, table)
            expose_script(retrieved, hdr, own, table, expose or Expose(), 0, exposures, rows, curves)
        split_script(folder / "sources.json", Split(), 0, 0, folder / "fold0" / "scenes.csv")
        return folder / "fold0"

    return build


@pytest.fixture(scope="session")
def results(tmp_path_factory, scenery, build_results) -> Path:
    """Five panoramas with two views each of 32x32: three sources for training, one each for the other splits."""
    images = {name: scenery(seed) for seed, name in enumerate(["alley", "beach", "cellar", "dunes", "field"])}
    folder = tmp_path_factory.mktemp("results") / "tiny"
    return build_results(folder, images, Prepare(size=32, views=2))


@pytest.fixture(scope="session")
def move_scenes(repository, tmp_path_factory):
    """Makes the moving brackets of a results folder by the workflow's script, in a copy of it."""
    script = runpy.run_path(str(repository / "workflow/scripts/move.py"))["main"]

    def moved(results: Path, motion: Motion, camera: Expose | None = None) -> Path:
        dataset = tmp_path_factory.mktemp("moving") / "tiny"
        shutil.copytree(results.parent, dataset)
        fold, size = dataset / "fold0", int(Scenes(results, None)[0].hdr.shape[-1])
        settings = Prepare(size=size, views=2), motion, camera or Expose(), 0
        for path in sorted((dataset / "retrieved").iterdir()):
            folders = [fold / "moving" / name / path.stem for name in ("scenes", "exposures", "moved")]
            table = fold / "moving" / "exposures" / f"{path.stem}.csv"
            script(path, fold, path.stem, dataset / "raw", "panoramas", *settings, *folders, table)
        return fold

    return moved


@pytest.fixture(scope="session")
def vgg16_file(tmp_path_factory) -> Path:
    """Random weights of VGG16's convolutions, in the layout of torchvision's file."""
    generator, state, inputs = torch.Generator().manual_seed(0), {}, 3
    layers = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    for layer, outputs in zip(layers, (64, 64, 128, 128, *(256,) * 3, *(512,) * 6), strict=True):
        weight = torch.randn(outputs, inputs, 3, 3, generator=generator)
        state[f"features.{layer}.weight"] = weight * (2 / (9 * inputs)) ** 0.5
        state[f"features.{layer}.bias"] = 0.1 * torch.randn(outputs, generator=generator)
        inputs = outputs
    state["classifier.6.bias"] = torch.zeros(1000)
    path = tmp_path_factory.mktemp("vgg16") / "vgg16.pth"
    torch.save(state, path)
    return path


@pytest.fixture
def scene(results):
    return Scenes(results, "train")[0]


@pytest.fixture
def tiny() -> Meta:
    """Meta-training that takes seconds."""
    return Meta(filters=2, inner_steps=1, tasks=2, iterations=4, validate_every=2, save_every=1)
