"""Photographs as a camera writes them: views of a scenery through the virtual camera, with EXIF data."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from metahdr import registry
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.cli import main
from metahdr.images.luminance import metered_scale

RESPONSE = Response(0.9, 0.6)


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setitem(registry._places("methods"), "fake", "fake_method:Fake")


@pytest.fixture(scope="session")
def view(scenery):
    """Light of a view, `(96, 128, 3)`; 1.0 is where EV 0 clips."""

    def make(seed: int = 0) -> np.ndarray:
        image = scenery(seed, 96, 128)
        return image * np.float32(metered_scale(image))

    return make


@pytest.fixture
def shoot(view, tmp_path, monkeypatch):
    """Writes a photograph of a view at an EV into the current folder, 1/100 s at f/8 and ISO 100 being EV 0."""
    monkeypatch.chdir(tmp_path)

    def shoot(name: str, ev: float = 0, seed: int = 0, exif: bool = True) -> Path:
        pixels = expose(view(seed), ev, RESPONSE, 0.003, np.random.default_rng(0))
        tags = Image.Exif()
        if exif:
            values = {Base.ExposureTime: 2.0**ev / 100, Base.FNumber: 8.0, Base.ISOSpeedRatings: 100}
            tags.get_ifd(IFD.Exif).update(values)
        Image.fromarray(pixels).save(name, quality=97, subsampling=0, exif=tags)
        return Path(name)

    return shoot


@pytest.fixture
def reconstruct(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def reconstruct(*words: str) -> None:
        monkeypatch.setattr("sys.argv", ["metahdr", "reconstruct", *words, "--out", "out"])
        main()

    return reconstruct
