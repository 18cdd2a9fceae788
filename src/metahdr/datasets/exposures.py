"""The EVs of the exposures that a dataset brings, where only its files tell them."""

import csv
import math
from pathlib import Path, PurePosixPath

from PIL import Image

from metahdr.datasets.layouts import Source
from metahdr.errors import ImageError
from metahdr.images.exif import read_settings, relative_stops

MOST_STOPS = 30  # of an EV; more are a time or an ISO


def read_exposures(source: Source, folder: Path) -> dict[float, Path]:
    """The exposures by EV, dark to bright; empty where the source brings none.

    EVs are relative to the one that is called 0, else to the middle one (of an even number, the darker of two).

    Args:
        folder: of the dataset.

    Raises:
        ImageError: a table or EXIF data do not give each exposure an EV of its own.
    """
    if not source.bracket:
        evs, files = list(source.ldr), list(source.ldr.values())
    else:
        files = list(source.bracket)
        evs = _table(folder / source.table, files) if source.table else _exif([folder / file for file in files])
    if not files:
        return {}
    if len(set(evs)) < len(evs) or not all(abs(ev) <= MOST_STOPS for ev in evs):
        found = ", ".join(f"{ev:g}" for ev in evs)
        raise ImageError(f"{source.files[0]}: EVs {found} of its exposures; expected different ones, in stops")
    middle = 0.0 if 0 in evs else sorted(evs)[(len(evs) - 1) // 2]
    named = sorted((ev - middle, file) for ev, file in zip(evs, files, strict=True))
    return {ev: folder / file for ev, file in named}


def _exif(paths: list[Path]) -> list[float]:
    settings = []
    for path in paths:
        try:
            with Image.open(path) as image:
                settings.append(read_settings(image.getexif()))
        except (OSError, ValueError, SyntaxError) as error:
            raise ImageError(f"{path}: its EXIF data cannot be read ({error})") from None
    remedy = "put exposures.csv with columns file,ev beside them, or the EV into the names (_EV-2)"
    return relative_stops([str(path) for path in paths], settings, remedy)


def _table(path: Path, files: list[str]) -> list[float]:
    """EVs in a table: `exposures.csv` has columns file and ev; others have a number for each file, in order."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".csv":
            rows = {row["file"]: float(row["ev"]) for row in csv.DictReader(text.splitlines())}
            evs = [rows[PurePosixPath(file).name] for file in files]
        else:
            evs = [float(word) for word in text.split()]
    except (OSError, ValueError, TypeError, KeyError, csv.Error) as error:
        raise ImageError(f"{path}: no table of EVs ({type(error).__name__}: {error})") from None
    if len(evs) != len(files) or not all(map(math.isfinite, evs)):
        raise ImageError(f"{path}: {len(evs)} EV(s); expected a number for each of {len(files)} exposures")
    return evs
