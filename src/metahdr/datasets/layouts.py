"""Layouts of datasets: which files make a source, a panorama, a photograph, or an HDR image with its exposures.

A layout is a function from the names of a dataset's files to its sources, so that a run can be planned before
anything is downloaded. What only the files tell, such as EVs in EXIF data, is read in preparation
(`exposures.py`).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import PurePosixPath
from typing import Self

from metahdr.companions import is_companion
from metahdr.config.base import check_name
from metahdr.datasets.ev_names import evs_of
from metahdr.errors import UserError
from metahdr.images.files import HDR_SUFFIXES
from metahdr.registry import LAYOUTS

LDR_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
TABLE = "exposures.csv"  # of EVs, beside the exposures of a bracket
_LDR_FOLDER = re.compile(r"LDR_exposure_([+-]?\d+)$")
_NUMBER = r"[+-]?\d+(?:\.\d+)?"


@dataclass(frozen=True)
class Source:
    """File names below the dataset's folder.

    Attributes:
        hdr: the HDR image; None: it is merged from the exposures.
        ldr: exposures by EV in stops, where the names tell the EVs; empty where none are brought.
        bracket: exposures whose EVs the names do not tell.
        table: the file with the EVs of `bracket`; None: they stand in the EXIF data.
        flaw: why no scene can be made of it; empty where nothing is known.
    """

    hdr: str | None
    ldr: dict[float, str] = field(default_factory=dict)
    bracket: tuple[str, ...] = ()
    table: str | None = None
    flaw: str = ""

    @classmethod
    def of(cls, entry: dict) -> Self:
        """A source as it is written in `sources.json`."""
        values = {each.name: entry[each.name] for each in fields(cls)}
        values["ldr"] = {float(ev): file for ev, file in values["ldr"].items()}  # JSON knows keys as text alone
        return cls(**values | {"bracket": tuple(values["bracket"])})

    @property
    def files(self) -> list[str]:
        """All of them; the HDR image is the first where there is one."""
        return [name for name in (self.hdr, *self.exposures, self.table) if name]

    @property
    def exposures(self) -> list[str]:
        return [self.ldr[ev] for ev in sorted(self.ldr)] + list(self.bracket)

    @property
    def brings_exposures(self) -> bool:
        """Whether it brings a bracket of its own. One exposure alone is none: it serves the repair."""
        return len(self.exposures) > 1


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
        files: names of its files; companions among them are passed over.

    Raises:
        UserError: there is no source, or a source's name is not plain, or another source has it.
    """
    sources: dict[str, Source] = {}
    for name, source in LAYOUTS[kind].find_sources([file for file in files if not is_companion(file)]):
        check_name(name, f"{source.files[0]}: the name of a source")
        if name in sources:
            raise UserError(f"{source.files[0]}: a second file called {name}; a source's name must be its own")
        sources[name] = source
    if not sources:
        raise UserError(
            f"none of the {len(files)} file(s) makes a source of kind {kind}; HDR images end in "
            f"{' or '.join(HDR_SUFFIXES)}"
        )
    return dict(sorted(sources.items()))


def check_exposures(sources: dict[str, Source], evs: list[float]) -> None:
    """Checks that a dataset with exposures of its own brings as many as `expose.evs` names.

    Raises:
        UserError: all sources that bring some bring too few.
    """
    counts = {len(source.ldr) + len(source.bracket) for source in sources.values() if source.brings_exposures}
    if counts and max(counts) < len(evs):
        raise UserError(
            f"expose.evs: {', '.join(f'{ev:+g}' for ev in evs)} are wanted; no source brings more than "
            f"{max(counts)} exposures"
        )


def _single_files(files: list[str]) -> Iterator[tuple[str, Source]]:
    """Every HDR file is a source, called as the file without folder and suffix."""
    for file in sorted(files):
        if file.lower().endswith(HDR_SUFFIXES):
            yield PurePosixPath(file).stem, Source(file)


def _pairs(files: list[str]) -> Iterator[tuple[str, Source]]:
    """The LDR-HDR-pair dataset (Jang et al. 2020): `HDR/HDR_001.hdr` beside `LDR_exposure_-2/LDR_001.jpg`,
    `LDR_exposure_0/...`, joined by number. Numbers have holes, because scenes were withdrawn."""
    exposures: dict[str, dict[float, str]] = {}
    evs = set()
    for file in files:
        if match := _LDR_FOLDER.search(PurePosixPath(file).parent.name):
            evs.add(float(match[1]))
            exposures.setdefault(_number(file), {})[float(match[1])] = file
    for name, source in _single_files(files):
        ldr = exposures.get(_number(source.hdr), {})
        missing = ", ".join(f"{ev:+g}" for ev in sorted(evs - ldr.keys())) or "any EV" * (not ldr)
        yield name, Source(source.hdr, ldr, flaw=missing and f"{source.hdr}: no exposure of EV {missing}")


def _numbered_pairs(files: list[str]) -> Iterator[tuple[str, Source]]:
    """HDR-Real (Liu et al. 2020): `LDR_in/00001.jpg` beside `HDR_gt/00001.hdr`, one exposure of no known EV."""
    ldrs = {_number(file): file for file in files if PurePosixPath(file).parent.name == "LDR_in"}
    for name, source in _single_files(files):
        if PurePosixPath(source.hdr).parent.name == "HDR_gt":
            ldr = ldrs.get(_number(source.hdr))
            yield name, Source(source.hdr, {0.0: ldr}) if ldr else _flawed(source.hdr, "no image in LDR_in")


def _input_gt(files: list[str]) -> Iterator[tuple[str, Source]]:
    """HDR-Eye as of Liu et al. (2020): `00001/input.jpg` beside `00001/gt.hdr`, one exposure of no known EV."""
    for folder, names in _folders(files):
        if "gt.hdr" in names:
            ldr = names.get("input.jpg")
            hdr = names["gt.hdr"]
            yield PurePosixPath(folder).name, Source(hdr, {0.0: ldr}) if ldr else _flawed(hdr, "no input.jpg")


def _kalantari(files: list[str]) -> Iterator[tuple[str, Source]]:
    """Kalantari and Ramamoorthi (2017): `Training/001/` with three 16-bit TIFF files, from dark to bright by name,
    `exposure.txt` with their EVs, and `HDRImg.hdr`, which is aligned with the second."""
    for folder, names in _folders(files):
        if "exposure.txt" in names:
            tiffs = tuple(names[name] for name in sorted(names) if name.lower().endswith((".tif", ".tiff")))
            hdr = names.get("HDRImg.hdr")
            found = (
                f"{len(tiffs)} TIFF file(s), expected 3" if len(tiffs) != 3 else "no HDRImg.hdr" * (hdr is None)
            )
            name = folder.replace("/", "_")
            if found:
                yield name, _flawed(names["exposure.txt"], found)
            else:
                yield name, Source(hdr, bracket=tiffs, table=names["exposure.txt"])


def _vds(files: list[str]) -> Iterator[tuple[str, Source]]:
    """VDS (Lee et al. 2018): `t92_0EV_true.jpg.png` for EV -3 to +3, and an HDR image whose name begins alike."""
    found: dict[str, dict[float, str]] = {}
    for file in files:
        if match := re.match(rf"(\w+?)_({_NUMBER})EV_", PurePosixPath(file).name):
            found.setdefault(match[1], {})[float(match[2])] = file
    for name, source in _single_files(files):
        scene = name.partition("_")[0].partition(".")[0]
        yield scene, Source(source.hdr, found[scene]) if scene in found else _flawed(source.hdr, "no exposures")


def _hdr_eye(files: list[str]) -> Iterator[tuple[str, Source]]:
    """HDR-Eye (Nemoto et al. 2015): `HDR/C01_HDR.hdr`, and its bracket in `Bracketed_images/C01/` or as
    `Bracketed_images/C01_...`, with the EVs in the names or in EXIF data."""
    brackets: dict[str, list[str]] = {}
    for file in sorted(files):
        parts = PurePosixPath(file).parts
        if "Bracketed_images" in parts and file.lower().endswith(LDR_SUFFIXES):
            inside = parts[parts.index("Bracketed_images") + 1 :]
            scene = inside[0] if len(inside) > 1 else inside[0].partition("_")[0]
            brackets.setdefault(scene, []).append(file)
    for name, source in _single_files(files):
        if PurePosixPath(source.hdr).parent.name == "HDR":
            scene = name.partition("_")[0]
            if scene in brackets:
                yield scene, _bracket(source.hdr, brackets[scene], None)
            else:
                yield scene, _flawed(source.hdr, "no exposures in Bracketed_images")


def _brackets(files: list[str]) -> Iterator[tuple[str, Source]]:
    """A folder a scene: its exposures, and an HDR image or none. EVs come from the table `exposures.csv`, else
    from the names (`_EV-2`, `+2EV`), else from EXIF data."""
    for folder, names in _folders(files):
        exposures = [names[name] for name in sorted(names) if name.lower().endswith(LDR_SUFFIXES)]
        hdrs = [names[name] for name in sorted(names) if name.lower().endswith(HDR_SUFFIXES)]
        if not exposures:
            continue
        name = folder.replace("/", "_") or "bracket"
        if len(hdrs) > 1 or len(exposures) < 2:
            found = f"{len(hdrs)} HDR image(s) and {len(exposures)} exposure(s)"
            yield name, _flawed(exposures[0], f"{found} in its folder; expected at most 1, and at least 2")
        else:
            yield name, _bracket(hdrs[0] if hdrs else None, exposures, names.get(TABLE))


def _bracket(hdr: str | None, exposures: list[str], table: str | None) -> Source:
    """Several exposures of one view, with the EVs of their names where each has one of its own."""
    evs = None if table else evs_of([PurePosixPath(file).stem for file in exposures])
    if evs:
        return Source(hdr, dict(zip(evs, exposures, strict=True)))
    return Source(hdr, bracket=tuple(exposures), table=table)


def _folders(files: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every folder that holds files, sorted, with these by their names in it."""
    folders: dict[str, dict[str, str]] = {}
    for file in files:
        path = PurePosixPath(file)
        folders.setdefault("" if path.parent == PurePosixPath() else str(path.parent), {})[path.name] = file
    yield from sorted(folders.items())


def _flawed(file: str, reason: str) -> Source:
    return Source(file, flaw=f"{file}: {reason}")


def _number(file: str) -> str:
    stem = PurePosixPath(file).stem
    digits = re.search(r"(\d+)$", stem)
    return digits[1] if digits else stem


PANORAMAS = Layout(_single_files, panoramas=True)
PHOTOGRAPHS = Layout(_single_files)
PAIRS = Layout(_pairs)
NUMBERED_PAIRS = Layout(_numbered_pairs)
INPUT_GT = Layout(_input_gt)
KALANTARI = Layout(_kalantari)
VDS = Layout(_vds)
HDR_EYE = Layout(_hdr_eye)
BRACKETS = Layout(_brackets)
