"""Unpacking of archives that others made: nothing is written outside the folder, nothing half-unpacked is left.

Zip and tar, compressed or not. 7z is not read: no registered dataset is known to need it.
"""

import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from tqdm import tqdm

from metahdr.companions import is_companion
from metahdr.errors import UserError, first_line

MOST_FILES = 1_000_000
MOST_BYTES = 1 << 40  # unpacked; the largest registered archive has 179 GB
MOST_RATIO = 100  # of unpacked to packed bytes; pictures reach 20, zeros alone 1000
_SLACK = 1 << 24  # bytes, for small archives
_CHUNK = 1 << 20


class Member(NamedTuple):
    """A file in an archive: its name, its size as the archive states it, and what opens it."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


def unpack(archive: Path, folder: Path) -> dict[str, int]:
    """Unpacks a zip or tar file into a new folder, which appears whole, without what is no data.

    Args:
        folder: must not exist, or be empty. One process at a time may unpack into it.

    Returns:
        What the archive lists, as `list_files`.

    Raises:
        UserError: corrupt, encrypted, or of another kind; a name that leads out of the folder or stands twice; a
            link or a device; more files or bytes than are allowed, or than the disk has room for.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder}: is there already; remove it to unpack {archive.name} again")
    part = folder.with_name(f".part-{folder.name}")
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    part.mkdir(parents=True)
    try:
        with _members(archive) as members:
            _check(archive, members, part)
            _write(archive, members, part)
            listed = _sizes(members)
        if folder.exists():
            folder.rmdir()
        part.replace(folder)
    except UserError:
        raise
    except Exception as error:  # decoders raise whatever a damaged file leads them to
        raise _damaged(archive, error) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return listed


def list_files(archive: Path) -> dict[str, int]:
    """The size in bytes of every file that an archive lists, by name, without what is no data.

    Raises:
        UserError: corrupt, encrypted, of another kind, or with a link or a device.
    """
    try:
        with _members(archive) as members:
            return _sizes(members)
    except UserError:
        raise
    except Exception as error:
        raise _damaged(archive, error) from None


def check_opens(archive: Path) -> None:
    """Opens a zip file, or reads a tar file, which has no list of its own, to its end.

    Raises:
        Exception: whatever the decoder raises where it is of another kind, or cut.
    """
    if not zipfile.is_zipfile(archive):
        with tarfile.open(archive) as file:
            for _ in file:
                pass
            _to_the_end(file)


def _damaged(archive: Path, error: Exception) -> UserError:
    return UserError(
        f"{archive}: cannot be unpacked ({first_line(error)}); it is damaged, or of another kind than zip and "
        "tar; remove it, and run again or get it by hand"
    )


def _sizes(members: list[Member]) -> dict[str, int]:
    return {
        PurePosixPath(member.name).as_posix(): member.size for member in members if not is_companion(member.name)
    }


@contextmanager
def _members(archive: Path) -> Iterator[list[Member]]:
    """The files of an archive, in its order; raises a UserError where one is no plain file."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            yield list(_zipped(archive, file))
    else:
        with tarfile.open(archive) as file:
            yield list(_tarred(archive, file))
            _to_the_end(file)


def _to_the_end(file: tarfile.TarFile) -> None:
    while file.fileobj.read(_CHUNK):  # where the checksum stands
        pass


def _zipped(archive: Path, file: zipfile.ZipFile) -> Iterator[Member]:
    for info in file.infolist():
        if info.is_dir():
            continue
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise UserError(f"{archive}: {info.filename!r} is a link or a device; expected files alone")
        if info.flag_bits & 1:
            raise UserError(f"{archive}: {info.filename!r} is encrypted; unpack it by hand")
        yield Member(info.orig_filename, info.file_size, lambda info=info: file.open(info))


def _tarred(archive: Path, file: tarfile.TarFile) -> Iterator[Member]:
    for count, info in enumerate(file):
        if count > MOST_FILES:
            raise UserError(f"{archive}: more than {MOST_FILES} entries")
        if info.isdir():
            continue
        if not info.isreg() or info.issparse():
            raise UserError(f"{archive}: {info.name!r} is a link or a device; expected files alone")
        yield Member(info.name, info.size, lambda info=info: file.extractfile(info))


def _check(archive: Path, members: list[Member], part: Path) -> None:
    total, seen = sum(member.size for member in members), set()
    most = min(MOST_BYTES, _SLACK + MOST_RATIO * archive.stat().st_size)
    if len(members) > MOST_FILES or total > most:
        raise UserError(
            f"{archive}: {len(members)} files of {total} bytes; at most {MOST_FILES} files of {most} bytes are "
            "taken"
        )
    free = shutil.disk_usage(part).free
    if total > free:
        raise UserError(f"{archive}: needs {total / 1e9:.1f} GB beside it; {free / 1e9:.1f} GB are free")
    for name in (member.name for member in members):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.name or set(name) & set("\\:\0\n"):
            raise UserError(f"{archive}: the name {name!r} would leave the folder")
        if str(path).lower() in seen:
            raise UserError(f"{archive}: {name!r} stands twice in it, in this or another case")
        seen.add(str(path).lower())


def _write(archive: Path, members: list[Member], part: Path) -> None:
    total = sum(member.size for member in members)
    with tqdm(total=total, unit="B", unit_scale=True, desc=f"unpack {archive.name}", disable=None) as bar:
        for member in members:
            if is_companion(member.name):
                continue
            target = part / PurePosixPath(member.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with member.open() as source, target.open("xb") as out:
                _copy(archive, member, source, out, bar)


def _copy(archive: Path, member: Member, source: BinaryIO, out: BinaryIO, bar: tqdm) -> None:
    """Copies at most the size that the archive states, which was checked."""
    left = member.size
    while chunk := source.read(min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            break
        out.write(chunk)
        bar.update(len(chunk))
    if left:
        raise UserError(f"{archive}: {member.name!r} has not the {member.size} bytes that the archive states")
