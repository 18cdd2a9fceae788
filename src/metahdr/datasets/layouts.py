"""Layouts of datasets: which files make a source, a panorama, a photograph, or an HDR image with its exposures."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from metahdr.config.base import check_name
from metahdr.errors import UserError
from metahdr.images import HDR_SUFFIXES
from metahdr.registry import LAYOUTS

_LDR_FOLDER = re.compile(r"LDR_exposure_([+-]?\d+)$")


@dataclass(frozen=True)
class Source:
    """File names below the dataset's folder; `ldr` by exposure value in stops, empty where none is brought."""

    hdr: str
    ldr: dict[float, str] = field(default_factory=dict)

    @property
    def files(self) -> list[str]:
        return [self.hdr, *(self.ldr[ev] for ev in sorted(self.ldr))]


@dataclass(frozen=True)
class Layout:
    """How a dataset lays out its files; the register names one as `kind`.

    Attributes:
        find_sources: from the names of all files to name and files of every source.
        panoramas: whether the HDR files are equirectangular, so that views are cut from them.
    """

    find_sources: Callable[[list[str]], Iterable[tuple[str, Source]]]
    panoramas: bool = False


def find_sources(kind: str, files: list[str]) -> dict[str, Source]:
    """The sources of a dataset by name, sorted.

    Args:
        kind: the dataset's layout.
        files: names of its files.

    Raises:
        UserError: there is no source, or its name is not plain or not its own, or one of its files is missing.
    """
    sources: dict[str, Source] = {}
    for name, source in LAYOUTS[kind].find_sources(files):
        check_name(name, f"{source.hdr}: the name of a source")
        if name in sources:
            raise UserError(f"{source.hdr}: a second file called {name}; a source's name must be its own")
        sources[name] = source
    if not sources:
        raise UserError(
            f"none of the {len(files)} file(s) makes a source of kind {kind}; HDR images end in "
            f"{' or '.join(HDR_SUFFIXES)}"
        )
    return dict(sorted(sources.items()))


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


def _single_files(files: list[str]) -> Iterator[tuple[str, Source]]:
    """Every HDR file is a source, called as the file without folder and suffix."""
    for file in sorted(files):
        if file.lower().endswith(HDR_SUFFIXES):
            yield PurePosixPath(file).stem, Source(file)


def _pairs(files: list[str]) -> Iterator[tuple[str, Source]]:
    """The LDR-HDR-pair dataset (Jang et al. 2020): `HDR/HDR_001.hdr` beside `LDR_exposure_-2/LDR_001.jpg`,
    `LDR_exposure_0/...`, joined by number."""
    exposures: dict[str, dict[float, str]] = {}
    for file in files:
        if match := _LDR_FOLDER.search(PurePosixPath(file).parent.name):
            exposures.setdefault(_number(file), {})[float(match[1])] = file
    for name, source in _single_files(files):
        number = _number(source.hdr)
        if number not in exposures:
            raise UserError(f"{source.hdr}: no LDR_exposure_*/ file has its number {number!r}")
        yield name, Source(source.hdr, exposures[number])


def _number(file: str) -> str:
    stem = PurePosixPath(file).stem
    digits = re.search(r"(\d+)$", stem)
    return digits[1] if digits else stem


PANORAMAS = Layout(_single_files, panoramas=True)
PHOTOGRAPHS = Layout(_single_files)
PAIRS = Layout(_pairs)
