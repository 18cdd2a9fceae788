"""The command `metahdr reconstruct`: files in, files out, one line for each photograph that fails."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tqdm import tqdm

from metahdr.companions import is_companion
from metahdr.errors import UserError
from metahdr.images.files import write_exr
from metahdr.methods.base import Method
from metahdr.methods.camera import KnowsCameras
from metahdr.photographs.bracket import Bracket, read_bracket
from metahdr.photographs.camera_file import load_camera, save_camera
from metahdr.photographs.read import read_photograph
from metahdr.photographs.reconstruct import adapted, completed, merged, method_class, single
from metahdr.photographs.write import write_hdr, write_preview, write_ultrahdr
from metahdr.training.progress import track


def run(
    photographs: list[Path],
    out: Path,
    method: str,
    weights: Path | None = None,
    bracket: list[Path] | None = None,
    adapt_on: list[Path] | None = None,
    ev: list[float] | None = None,
    camera: Path | None = None,
    full: bool = False,
    hdr: bool = False,
    ultrahdr: bool = False,
) -> None:
    """Reconstructs each photograph by itself, after adaptation to `adapt_on` if given, or merges `bracket`.

    Writes `NAME.exr` and `NAME_preview.jpg` to `out`. NAME is that of the file; for a bracket, that of its first
    file and `_bracket`.

    Args:
        method: name of a method of single exposures.
        weights: a weight file of the method; None: the shipped one.
        adapt_on: a bracket. If `photographs` is empty, they follow here, after the third file, or after as many as
            `ev` has stops.
        ev: stops of the bracket's exposures; None: from the EXIF data.
        camera: file of the camera's response: written after `adapt_on`, read without.
        full: 32-bit floats in the EXR file.
        hdr, ultrahdr: write `NAME.hdr`, `NAME_ultrahdr.jpg` as well.

    Raises:
        UserError: the arguments do not fit, the bracket cannot be taken, or a photograph failed; what failed is on
            stderr, the others are done.
    """
    kind = method_class(method)
    photographs, bracket, adapt_on = (
        [path for path in paths or [] if _is_photograph(path)] for paths in (photographs, bracket, adapt_on)
    )
    if adapt_on:
        adapt_on, photographs = _apart(adapt_on, photographs, ev, camera)
    _check_arguments(photographs, kind, bracket, adapt_on, ev, camera)
    suffixes = [".exr", "_preview.jpg", *[".hdr"] * hdr, *["_ultrahdr.jpg"] * ultrahdr]
    names = [f"{bracket[0].stem}_bracket"] if bracket else [path.stem for path in photographs]
    targets = [out / f"{name}{suffix}" for name in names for suffix in suffixes]
    _check_targets(targets, [*photographs, *(bracket or []), *(adapt_on or [])])
    loaded = kind.load(weights)
    if camera and not adapt_on:
        loaded = loaded.with_camera(load_camera(camera))

    def write(name: str, image: np.ndarray) -> None:
        with _writing():
            write_exr(out / f"{name}.exr", image, half=not full)
            write_preview(out / f"{name}_preview.jpg", image)
            if hdr:
                write_hdr(out / f"{name}.hdr", image)
            if ultrahdr:
                write_ultrahdr(out / f"{name}_ultrahdr.jpg", image)
        tqdm.write(str(out / f"{name}.exr"))

    if bracket:
        _say(f"merging {', '.join(map(str, bracket))}")
        with _decoding():
            taken = read_bracket(bracket, ev)
        _say_notes(taken)
        merge = merged(taken, loaded)
        _say(f"{merge.clipped.mean():.1%} of the pixels are clipped in all exposures: reconstructing those")
        write(names[0], completed(loaded, merge))
        return
    if adapt_on:
        _say(f"adapting to {', '.join(map(str, adapt_on))}")
        with _decoding():
            taken = read_bracket(adapt_on, ev)
        _say_notes(taken)
        loaded = adapted(loaded, merged(taken, loaded))
        if camera:
            with _writing():
                save_camera(camera, loaded.curve)
            _say(f"the camera is saved as {camera}")
    failures = 0
    for name, path in zip(names, track(photographs, "photographs", len(photographs)), strict=True):
        try:
            with _decoding():
                photograph = read_photograph(path)
            for note in photograph.notes:
                _say(f"note: {path}: {note}")
            write(name, single(loaded, photograph))
        except UserError as error:
            _say(f"error: {error}")
            failures += 1
    if failures:
        raise UserError(f"{failures} of {len(photographs)} photographs were not reconstructed, see above")


def _is_photograph(path: Path) -> bool:
    """Whether it was meant by a pattern such as `photos/*`."""
    if is_companion(path.name):
        _say(f"note: {path}: left out; it is hidden, or a system has left it there")
        return False
    return True


def _apart(
    files: list[Path], photographs: list[Path], ev: list[float] | None, camera: Path | None
) -> tuple[list[Path], list[Path]]:
    """The bracket and the photographs, which may follow it: after as many files as EVs, or after three."""
    count = len(ev) if ev else 3
    if photographs or len(files) <= count:
        return files, photographs
    if camera and not ev:
        raise UserError(
            f"--adapt-on: which of the {len(files)} files are the bracket? Name the photographs before it, or --ev"
        )
    return files[:count], files[count:]


def _check_arguments(
    photographs: list[Path],
    kind: type[Method],
    bracket: list[Path] | None,
    adapt_on: list[Path] | None,
    ev: list[float] | None,
    camera: Path | None,
) -> None:
    if bracket and photographs:
        raise UserError(
            f"{photographs[0]}: --bracket merges its own exposures alone; a bracket and other photographs of "
            "the same camera: --adapt-on"
        )
    if ev and not (bracket or adapt_on):
        raise UserError(
            "--ev: belongs to the exposures of --bracket or --adapt-on; a photograph by itself needs none"
        )
    if not (photographs or bracket or (adapt_on and camera)):
        beside = ", before --adapt-on" if adapt_on else ""
        raise UserError(f"no photograph to reconstruct: name them first{beside}")
    if not issubclass(kind, KnowsCameras) and (camera or (adapt_on and not kind.adapts)):
        raise UserError(f"--method {kind.name}: cannot be adapted to a camera; leave out --adapt-on and --camera")
    if (bracket or adapt_on) and kind.scale != "exposure":
        raise UserError(f"--method {kind.name}: does not know an exposure's scale; take another for brackets")
    if camera and adapt_on and camera.exists():
        raise UserError(f"{camera}: is there already; leave out --adapt-on to use it, or give another file")


def _check_targets(targets: list[Path], inputs: list[Path]) -> None:
    if len(set(targets)) < len(targets):
        double = next(target for target in targets if targets.count(target) > 1)
        raise UserError(f"{double}: two of the photographs would be written there; give them different --out")
    taken = {path.resolve() for path in inputs}
    for target in targets:
        if target.resolve() in taken:
            raise UserError(f"{target}: would overwrite a photograph; give another folder with --out")


@contextmanager
def _decoding() -> Iterator[None]:
    """Keeps from stderr what libtiff and LibRaw print of damaged files; our own errors say it in one line."""
    sys.stderr.flush()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        stderr = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"{error.filename or 'a result'}: cannot be written ({error.strerror or error})") from None


def _say_notes(bracket: Bracket) -> None:
    for note in bracket.notes:
        _say(f"note: {note}")


def _say(line: str) -> None:
    tqdm.write(line, file=sys.stderr)
