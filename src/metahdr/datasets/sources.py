"""Which files of a dataset make one source: a panorama, a photograph, or an HDR image with its exposures."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from metahdr.datasets.register import Dataset, source_name
from metahdr.errors import UserError
from metahdr.images import HDR_SUFFIXES

_LDR_FOLDER = re.compile(r"LDR_exposure_([+-]?\d+)$")


@dataclass(frozen=True)
class Source:
    """File names below the dataset's folder; `ldr` by exposure value in stops, empty where none is brought."""

    hdr: str
    ldr: dict[float, str]

    @property
    def files(self) -> list[str]:
        return [self.hdr, *(self.ldr[ev] for ev in sorted(self.ldr))]


def find_sources(dataset: Dataset) -> dict[str, Source]:
    """The sources of a dataset by name, sorted.

    Panoramas and photographs are one HDR file each. Pairs have the layout of the LDR-HDR-pair dataset (Jang et
    al. 2020): `HDR/HDR_001.hdr` beside `LDR_exposure_-2/LDR_001.jpg`, `LDR_exposure_0/...`, joined by number.

    Raises:
        UserError: a source's name is not plain or not its own, or a pair lacks its exposures.
    """
    hdr_files = [f.name for f in dataset.files if PurePosixPath(f.name).suffix.lower() in HDR_SUFFIXES]
    ldr_files: dict[str, dict[float, str]] = {}
    if dataset.kind == "pairs":
        for file in dataset.files:
            path = PurePosixPath(file.name)
            if match := _LDR_FOLDER.search(path.parent.name):
                ldr_files.setdefault(_number(path), {})[float(match[1])] = file.name
    if not hdr_files:
        raise UserError(f"{dataset.title}: none of its files is {' or '.join(HDR_SUFFIXES)}")
    sources: dict[str, Source] = {}
    for file in sorted(hdr_files):
        name = source_name(file)
        path = PurePosixPath(file)
        if name in sources:
            raise UserError(f"{file}: a second file called {name}; a source's name must be its own")
        ldr = ldr_files.get(_number(path), {})
        if dataset.kind == "pairs" and not ldr:
            raise UserError(f"{file}: no LDR_exposure_*/ file has its number {_number(path)!r}")
        sources[name] = Source(file, ldr)
    return sources


def check_exposures(sources: dict[str, Source], evs: list[float]) -> None:
    """Checks that a dataset with exposures of its own brings those of `expose.evs`.

    Raises:
        UserError: names every source that does not.
    """
    wrong = [
        f"  {name}: {', '.join(f'{ev:+g}' for ev in sorted(source.ldr))}"
        for name, source in sources.items()
        if source.ldr and sorted(source.ldr) != evs
    ]
    if wrong:
        wanted = ", ".join(f"{ev:+g}" for ev in evs)
        raise UserError(f"expose.evs: {wanted} are wanted; these sources bring others:\n" + "\n".join(wrong))


def _number(path: PurePosixPath) -> str:
    digits = re.search(r"(\d+)$", path.stem)
    return digits[1] if digits else path.stem
