"""Fetching of a whole dataset whose publisher gives no hash of each file: archives, a repository, single files.

The first fetch records the hashes of the files (`register.write_record`); every later one must bring the same. All
files appear in the dataset's folder at once. Files with known hashes and addresses of their own need no fetch: the
workflow retrieves them one by one (`retrieve.py`).
"""

import logging
import os
import shutil
import subprocess
from pathlib import Path

from metahdr.datasets import archive as archives
from metahdr.datasets.archive import unpack
from metahdr.datasets.download import download
from metahdr.datasets.register import Archive, Dataset, Git, read_register, record_path, write_record
from metahdr.errors import UserError, nearest
from metahdr.files import sha256

log = logging.getLogger(__name__)
_MOST_NAMED = 20  # files in an error


def fetch(register: Path, name: str, raw: Path, mirror: str | None) -> None:
    """Brings the files of a dataset to `raw/NAME`, verified where they are known, else recorded.

    Args:
        raw: the folder of all raw data.
        mirror: a folder or URL that is asked for every archive and file first; a folder may also hold all files
            of the dataset, in a folder of its name.

    Raises:
        UserError: the dataset is not known, must be downloaded by hand, or is not the recorded one.
    """
    datasets = read_register(register)
    if name not in datasets:
        raise UserError(f"{name} is not in {register}; {nearest(name, datasets)}")
    dataset, folder = datasets[name], raw / name
    if is_there(dataset, folder):
        log.info("%s: all %d files are in %s", name, len(dataset.files), folder)
        return
    if dataset.files and all(file.wheel or file.url for file in dataset.files):
        log.info("%s: its files are retrieved one by one, when the workflow needs them", name)
        return
    part = raw / f".part-{name}"
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    part.mkdir(parents=True)
    try:
        if folder.is_dir() and any(folder.iterdir()):
            _settle(register, name, dataset, folder)  # files that the user has put there
            return
        _bring(dataset, part, raw.parent / "archives", folder, mirror)
        _settle(register, name, dataset, part)
        if folder.is_dir():
            folder.rmdir()
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def is_there(dataset: Dataset, folder: Path) -> bool:
    """Whether all known files of a dataset lie in its folder, by name and size."""
    sizes = [(folder / file.name, file.size) for file in dataset.files]
    return bool(sizes) and all(path.is_file() and path.stat().st_size == size for path, size in sizes)


def _bring(dataset: Dataset, part: Path, kept: Path, folder: Path, mirror: str | None) -> None:
    """Puts the files of a dataset into a new folder. Archives stay in `kept`."""
    local = Path(mirror) / folder.name if mirror and "://" not in mirror else None
    if local and local.is_dir():
        shutil.copytree(local, part, dirs_exist_ok=True)
    elif dataset.git:
        _clone(dataset.git, part)
    elif dataset.archives:
        for number, archive in enumerate(dataset.archives):
            path = _archive(dataset, archive, kept, mirror)
            unpack(path, part / f".{number}")
            _join(part / f".{number}", part, path)
    elif dataset.unhashed():
        for file, url in dataset.unhashed().items():
            address = f"{mirror.rstrip('/')}/{file}" if mirror and "://" in mirror else url
            download(address, part / file, kept.with_name(f"{file}.partial"), most=archives.MOST_BYTES)
    else:
        raise UserError(
            f"{folder.name}: its files lie behind a page that a person must visit: {dataset.homepage}\n"
            f"  Download them by hand and put them, unpacked, into {folder}/; then run again: they are recorded, "
            "and verified from then on"
        )


def _archive(dataset: Dataset, archive: Archive, kept: Path, mirror: str | None) -> Path:
    """The verified archive: the mirror's, else that in `kept`, into which it is downloaded where it is missing."""
    local = Path(mirror) / archive.name if mirror and "://" not in mirror else None
    path = local if local and local.is_file() else kept / archive.name
    if not path.is_file():
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
            partial = path.with_name(f"{path.name}.partial")
            download(url, path, partial, archive.size, archive.sha256 is not None, by_hand, archives.MOST_BYTES)
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
        result = subprocess.run(["git", *options, *words], env=environment, capture_output=True, text=True)
        if result.returncode:
            reason = (result.stderr.strip().splitlines() or ["git failed"])[-1]
            raise UserError(f"{git.url}: git cannot fetch it ({reason})")
        return result.stdout.strip()

    run("init", "--quiet", "--template=", str(part))
    run("-C", str(part), "fetch", "--quiet", "--depth=1", "--no-tags", git.url, git.commit or "HEAD")
    run("-C", str(part), "checkout", "--quiet", "FETCH_HEAD")
    log.info("%s: commit %s", git.url, run("-C", str(part), "rev-parse", "HEAD"))
    shutil.rmtree(part / ".git")


def _settle(register: Path, name: str, dataset: Dataset, folder: Path) -> None:
    """Records the files of a folder, or compares them with the record."""
    if not dataset.files:
        count = write_record(register, name, folder, dataset.kind)
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
        more = [f"and {len(wrong) - _MOST_NAMED} more"] if len(wrong) > _MOST_NAMED else []
        listed = "\n".join(f"  {line}" for line in wrong[:_MOST_NAMED] + more)
        raise UserError(
            f"{name}: {len(wrong)} of {len(dataset.files)} files are not those of {record_path(register, name)}:\n"
            f"{listed}\n  If its publisher has changed it, register it as a new version, under a new name"
        )
    log.info("%s: all %d files are those of the record", name, len(dataset.files))
