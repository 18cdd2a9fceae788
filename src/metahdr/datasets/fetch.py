"""Fetching of a whole dataset whose publisher gives no hash of each file: archives, a repository, single files.

The first fetch records the hashes of the files (`register.write_record`); every later one must bring the same. One
process at a time fetches a dataset (`locks.alone`), and all files appear in its folder at once. Files with known
hashes and addresses of their own need no fetch: the workflow retrieves them one by one (`retrieve.py`).
"""

import logging
import os
import shutil
import subprocess
from pathlib import Path

from metahdr.companions import is_companion
from metahdr.datasets import archive as archives
from metahdr.datasets.archive import list_files, unpack
from metahdr.datasets.arrived import check_arrived
from metahdr.datasets.download import download
from metahdr.datasets.register import Archive, Dataset, Git, read_register, record_path, write_record
from metahdr.errors import UserError, listed, nearest
from metahdr.files import atomic_write, sha256
from metahdr.images.files import read_hdr
from metahdr.locks import alone

log = logging.getLogger(__name__)


def fetch(register: Path, name: str, raw: Path, mirror: str | None) -> None:
    """Brings the files of a dataset to `raw/NAME`, verified where they are known, else recorded.

    Args:
        raw: the folder of all raw data.
        mirror: a folder or URL that is asked for every archive and file first; a folder may also hold all files
            of the dataset, in a folder of its name.

    Raises:
        UserError: the dataset is not known, must be downloaded by hand, or is not the recorded one.
    """
    if _nothing_to_do(register, name, raw):
        return
    with alone(raw / name):
        if not _nothing_to_do(register, name, raw):  # another process may have brought it meanwhile
            _fetch(register, name, raw, mirror)


def _nothing_to_do(register: Path, name: str, raw: Path) -> bool:
    dataset, folder = _find(register, name), raw / name
    if is_there(dataset, folder):
        log.info("%s: all %d files are in %s", name, len(dataset.files), folder)
        return True
    if dataset.files and all(file.wheel or file.url for file in dataset.files):
        log.info("%s: its files are retrieved one by one, when the workflow needs them", name)
        return True
    return False


def _find(register: Path, name: str) -> Dataset:
    datasets = read_register(register)
    if name not in datasets:
        raise UserError(f"{name} is not in {register}; {nearest(name, datasets)}")
    return datasets[name]


def _fetch(register: Path, name: str, raw: Path, mirror: str | None) -> None:
    """Brings what is not there, in the one process that has the dataset's lock."""
    dataset, folder, kept = _find(register, name), raw / name, raw.parent / "archives"
    if folder.is_dir() and not all(map(_is_stray, folder.iterdir())):  # files that the user has put there
        at_hand = [_place(archive, kept, mirror) for archive in dataset.archives]
        contents = [list_files(path) for path in at_hand if path.is_file()] if not dataset.files else []
        _settle(register, name, dataset, folder, contents, published=bool(contents))
        return
    part = raw / f".part-{name}"
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed, because this one has the lock
    part.mkdir(parents=True)
    try:
        contents = _bring(dataset, part, kept, folder, mirror)
        _settle(register, name, dataset, part, contents, published=bool(dataset.git or dataset.archives))
        for stray in filter(_is_stray, folder.iterdir() if folder.is_dir() else ()):
            shutil.rmtree(stray) if stray.is_dir() else stray.unlink()
        if folder.is_dir():
            folder.rmdir()
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _is_stray(path: Path) -> bool:
    return is_companion(path.name)


def is_there(dataset: Dataset, folder: Path) -> bool:
    """Whether all known files of a dataset lie in its folder, by name and size."""
    sizes = [(folder / file.name, file.size) for file in dataset.files]
    return bool(sizes) and all(path.is_file() and path.stat().st_size == size for path, size in sizes)


def _bring(dataset: Dataset, part: Path, kept: Path, folder: Path, mirror: str | None) -> list[dict[str, int]]:
    """Puts the files of a dataset into a new folder. Archives stay in `kept`.

    Returns:
        What each archive lists.
    """
    contents = []
    local = Path(mirror) / folder.name if mirror and "://" not in mirror else None
    if local and local.is_dir():
        shutil.copytree(local, part, dirs_exist_ok=True, ignore=lambda _, names: set(filter(is_companion, names)))
    elif dataset.git:
        _clone(dataset.git, part)
    elif dataset.archives:
        for number, archive in enumerate(dataset.archives):
            path = _archive(dataset, archive, kept, mirror)
            contents.append(unpack(path, part / f".{number}"))
            _join(part / f".{number}", part, path)
    elif dataset.unhashed():
        for file, url in dataset.unhashed().items():
            address = f"{mirror.rstrip('/')}/{file}" if mirror and "://" in mirror else url
            partial = kept.with_name(f"{folder.name}-{file}.partial")
            download(address, part / file, partial, most=archives.MOST_BYTES)
            check_arrived(part / file, address, "an HDR image", read_hdr)
    else:
        raise UserError(
            f"{folder.name}: its files lie behind a page that a person must visit: {dataset.homepage}\n"
            f"  Download them by hand and put them, unpacked, into {folder}/; then run again: they are recorded, "
            "and verified from then on"
        )
    return contents


def _place(archive: Archive, kept: Path, mirror: str | None) -> Path:
    """Where an archive lies, or will lie: in the mirror's folder where it is there, else in `kept`."""
    local = Path(mirror) / archive.name if mirror and "://" not in mirror else None
    return local if local and local.is_file() else kept / archive.name


def _archive(dataset: Dataset, archive: Archive, kept: Path, mirror: str | None) -> Path:
    """The verified archive: the mirror's, else that in `kept`, into which it is downloaded where it is missing."""
    path = _place(archive, kept, mirror)
    if not path.is_file():
        with alone(path):
            if not path.is_file():  # another process may have brought it meanwhile
                _download_archive(dataset, archive, path, mirror)
    size, digest = path.stat().st_size, sha256(path) if archive.sha256 else None
    if size != (archive.size or size) or digest != archive.sha256:
        raise UserError(
            f"{path} is not the registered archive:\n    expected sha256 {archive.sha256}, {archive.size} bytes\n"
            f"    found    sha256 {digest}, {size} bytes\n  remove it and run again"
        )
    return path


def _download_archive(dataset: Dataset, archive: Archive, path: Path, mirror: str | None) -> None:
    urls = [archive.url] if isinstance(archive.url, str) else archive.url or []
    if mirror and "://" in mirror:
        urls = [f"{mirror.rstrip('/')}/{archive.name}", *urls]
    by_hand = f"put it there as {path}"
    if not urls:
        raise UserError(f"{archive.name}: no address is known; get it from {dataset.homepage} and {by_hand}")
    path.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for url in urls:
        try:
            with atomic_write(path) as part:
                partial, hashed = path.with_name(f"{path.name}.partial"), archive.sha256 is not None
                download(url, part, partial, archive.size, hashed, by_hand, archives.MOST_BYTES)
                check_arrived(part, url, "a zip or tar archive", archives.check_opens, f"get it and {by_hand}")
        except UserError as error:
            failures.append(str(error))
        else:
            return
    raise UserError("\n".join(failures))


def _join(unpacked: Path, part: Path, archive: Path) -> None:
    """Moves the files of one archive into the folder of all."""
    for path in sorted(unpacked.rglob("*")):
        target = part / path.relative_to(unpacked)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        elif target.exists():
            raise UserError(f"{archive}: {target.name} is in another archive of the dataset, too")
        else:
            path.replace(target)
    shutil.rmtree(unpacked)


def _clone(git: Git, part: Path) -> None:
    """The files of a repository at its registered commit, or at its newest, without its history."""
    options = ["-c", "protocol.allow=never", "-c", "core.hooksPath=/dev/null", "-c", "core.symlinks=false"]
    options += [item for kind in ("https", "file") for item in ("-c", f"protocol.{kind}.allow=always")]
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}

    def run(*words: str) -> str:
        result = subprocess.run(
            ["git", *options, *words], env=environment, capture_output=True, encoding="utf-8", errors="replace"
        )
        if result.returncode:
            reason = (result.stderr.strip().splitlines() or ["git failed"])[-1]
            raise UserError(f"{git.url}: git cannot fetch it ({reason})")
        return result.stdout.strip()

    run("init", "--quiet", "--template=", str(part))
    run("-C", str(part), "fetch", "--quiet", "--depth=1", "--no-tags", git.url, git.commit or "HEAD")
    run("-C", str(part), "checkout", "--quiet", "FETCH_HEAD")
    log.info("%s: commit %s", git.url, run("-C", str(part), "rev-parse", "HEAD"))
    shutil.rmtree(part / ".git")


def _settle(
    register: Path, name: str, dataset: Dataset, folder: Path, contents: list[dict[str, int]], published: bool
) -> None:
    """Records the files of a folder, or compares them with the record.

    Args:
        contents: size by name, of each archive, of the files that must be there before anything is recorded.
        published: as `write_record` takes it.
    """
    _check_complete(folder, {file: size for each in contents for file, size in each.items()})
    if not dataset.files:
        count = write_record(register, name, folder, dataset.kind, published)
        log.info("%s: %d files, recorded in %s", name, count, record_path(register, name))
        return
    wrong = []
    for file in dataset.files:
        path = folder / file.name
        if not path.is_file():
            wrong.append(f"{file.name}: missing")
        elif path.stat().st_size != file.size or sha256(path) != file.sha256:
            wrong.append(f"{file.name}: changed")
    if wrong:
        named = "\n".join(f"  {line}" for line in listed(wrong))
        raise UserError(
            f"{name}: {len(wrong)} of {len(dataset.files)} files are not those of {record_path(register, name)}:\n"
            f"{named}\n  If its publisher has changed it, register it as a new version, under a new name"
        )
    log.info("%s: all %d files are those of the record", name, len(dataset.files))


def _check_complete(folder: Path, contents: dict[str, int]) -> None:
    """Refuses a folder that lacks files of the archives that it was unpacked from, or holds cut ones."""
    lacking = [
        file
        for file, size in contents.items()
        if not (folder / file).is_file() or (folder / file).stat().st_size != size
    ]
    if lacking:
        raise UserError(
            f"{folder}: {len(lacking)} of the {len(contents)} files that its archives list are missing or cut, "
            f"such as {lacking[0]}; remove the folder and run again: they are unpacked anew"
        )
