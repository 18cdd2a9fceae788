"""Damaged and hostile files: python benchmarks/mutations.py PANORAMAS (half a minute on two cores).

Small views of panoramas are written in every image format that is read. Each file is damaged in many ways: bits
flipped, bytes zeroed, swapped, removed, cut off at the end, sizes in the header made absurd. Processes with
`ADDRESS_SPACE` and `SECONDS` for each file read them. Then archives with hostile names and sizes are unpacked.

Verdicts: *cut, read* is an image of a cut file, unless it has all the original's values: then what is missing
carries no pixels. *Other size* is an image whose size or type is not the original's, because its header says so,
which JPEG, and for fewer rows also PNG and TIFF, cannot contradict. *Changed* has other values: no decoder sees a
flipped bit of a value. Both are what the register's SHA-256 is for. So `retrieve` is offered every damaged file,
in a mirror, in place of the original, and *silently wrong* is an image that is another one, was read without an
error, and whose file got through. Rows of kind `size` have other sizes in their header on purpose, with a checksum
that fits; the rest are accidents. The last lines are the figures.
"""

import hashlib
import io
import logging
import multiprocessing
import os
import re
import resource
import shutil
import stat
import struct
import sys
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pandas as pd
import tifffile

from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.companions import is_companion
from metahdr.datasets.archive import unpack
from metahdr.datasets.register import File
from metahdr.datasets.retrieve import retrieve
from metahdr.errors import UserError
from metahdr.images.files import read_hdr, read_ldr, repair, write_exr
from metahdr.images.luminance import metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.photographs.read import read_photograph
from metahdr.seeds import named_rng

VIEWS, MUTATIONS, WIDTH, HEIGHT = 2, 140, 64, 48
ADDRESS_SPACE, SECONDS = 4 << 30, 10
HEADER = 400  # bytes at the start, where sizes stand
ABSURD = [struct.pack(kind, value) for kind in ("<I", ">I") for value in (2**31 - 1, 2**32 - 1, 2**31, 1 << 24, 0)]
ABSURD += [struct.pack(">H", 65535), struct.pack("<Q", 2**63 - 1)]


def flat_radiance(path: Path, image: np.ndarray) -> None:
    mantissa, exponent = np.frexp(image.max(-1))
    scale = np.where(mantissa > 0, np.ldexp(1.0, 8 - exponent), 0)[..., None]
    pixels = np.dstack([image * scale, np.where(mantissa > 0, exponent + 128, 0)]).astype(np.uint8)
    size = b"-Y %d +X %d\n" % image.shape[:2]
    path.write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + size + pixels.tobytes())


def openexr(compression: OpenEXR.Compression, **header) -> Callable[[Path, np.ndarray], None]:
    header = {"compression": compression, "type": OpenEXR.scanlineimage} | header

    def write(path: Path, image: np.ndarray) -> None:
        with OpenEXR.File(header, {"RGB": image.astype(np.float16)}) as file:
            file.write(str(path))

    return write


def tiled(mode: OpenEXR.LevelMode) -> Callable[[Path, np.ndarray], None]:
    tiles = OpenEXR.TileDescription()
    tiles.xSize, tiles.ySize, tiles.mode = 16, 16, mode
    return openexr(OpenEXR.ZIP_COMPRESSION, type=OpenEXR.tiledimage, tiles=tiles)


def stored(name: str) -> Callable[[Path, np.ndarray], None]:
    """The tests' own picture, written by OpenEXR's C++, for what its Python does not write."""
    return lambda path, image: shutil.copyfile(Path(__file__).parents[1] / "tests" / "data" / name, path)


def parts(path: Path, image: np.ndarray) -> None:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    depth = OpenEXR.Part(header | {"name": "depth"}, {"Z": image[..., 0].copy()})
    colours = OpenEXR.Part(header | {"name": "colours"}, {"RGB": image})
    with OpenEXR.File([depth, colours]) as file:
        file.write(str(path))


def by_opencv(*options: int, deep: bool = False) -> Callable[[Path, np.ndarray], None]:
    def write(path: Path, image: np.ndarray) -> None:
        pixels = image if path.suffix == ".hdr" else exposure(image, deep)
        cv2.imwrite(str(path), pixels[..., ::-1], options)

    return write


def tiff(deep: bool, compression: str | None) -> Callable[[Path, np.ndarray], None]:
    return lambda path, image: tifffile.imwrite(
        path, exposure(image, deep), photometric="rgb", compression=compression, rowsperstrip=16
    )


def exposure(image: np.ndarray, deep: bool) -> np.ndarray:
    pixels = expose(image, 0, Response(0.9, 0.6))
    return pixels.astype(np.uint16) * 257 + (np.arange(WIDTH)[:, None] % 100).astype(np.uint16) if deep else pixels


FORMATS = {
    "runs.hdr": by_opencv(),
    "flat.hdr": flat_radiance,
    "zip.exr": openexr(OpenEXR.ZIP_COMPRESSION),
    "piz.exr": openexr(OpenEXR.PIZ_COMPRESSION),
    "dwaa.exr": openexr(OpenEXR.DWAA_COMPRESSION),
    "b44.exr": openexr(OpenEXR.B44_COMPRESSION),
    "plain.exr": openexr(OpenEXR.NO_COMPRESSION),
    "tiled.exr": tiled(OpenEXR.ONE_LEVEL),
    "mipmap.exr": stored("mipmap.exr"),
    "ripmap.exr": stored("ripmap.exr"),
    "chroma.exr": stored("luminance_chroma.exr"),
    "parts.exr": parts,
    "baseline.jpg": by_opencv(cv2.IMWRITE_JPEG_QUALITY, 90),
    "progressive.jpg": by_opencv(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "8.png": by_opencv(),
    "16.png": by_opencv(deep=True),
    "8.tif": tiff(False, None),
    "16.tif": tiff(True, None),
    "lzw8.tif": tiff(False, "lzw"),
    "lzw16.tif": tiff(True, "lzw"),
}


def views(folder: Path) -> list[np.ndarray]:
    """One view `(HEIGHT, WIDTH, 3)` of each panorama, metered."""
    images = []
    for path in sorted(
        path for path in folder.iterdir() if path.suffix in (".hdr", ".exr") and not is_companion(path.name)
    )[:VIEWS]:
        view = perspective_view(repair(read_hdr(path), 0.05)[0], 60, 60, WIDTH, 0)[:HEIGHT]
        images.append(np.maximum(view * np.float32(metered_scale(view)), 1e-4).astype(np.float32))
    return images


def mutate(data: bytes, number: int, rng: np.random.Generator) -> tuple[str, bytes]:
    """A way to damage a file, by its number, and the damaged bytes, which are never those of the original."""
    kinds = ("cut", "flip", "flip header", "absurd", "zero", "swap", "remove")
    kind, out, size = kinds[number % len(kinds)], bytearray(data), len(data)
    start, length = int(rng.integers(size)), int(rng.integers(1, 65))
    if kind == "cut":
        out = out[:start]
    elif kind.startswith("flip"):
        for bit in rng.integers(8 * (min(HEADER, size) if "header" in kind else size), size=rng.integers(1, 9)):
            out[bit // 8] ^= 1 << (bit % 8)
    elif kind == "absurd":
        value, start = ABSURD[rng.integers(len(ABSURD))], int(rng.integers(min(HEADER, size)))
        out[start : start + len(value)] = value
    elif kind == "zero":
        out[start : start + length] = bytes(len(out[start : start + length]))
    elif kind == "swap":
        other = int(rng.integers(size))
        one, two = out[start : start + length], out[other : other + length]
        out[start : start + len(two)], out[other : other + len(one)] = two, one
    else:
        del out[start : start + length]
    return (kind, bytes(out)) if bytes(out) != data else mutate(data, number, rng)


def targeted(name: str, data: bytes) -> list[bytes]:
    """Copies of a file with other sizes in the very place where its header states them."""
    out = []
    if name.endswith(".hdr"):
        old = b"-Y %d +X %d\n" % (HEIGHT, WIDTH)
        for size in (
            b"-Y 99999999 +X 99999999\n",
            b"-Y 1000000 +X 268\n",
            b"-Y 48 +X 65\n",
            b"-Y 49 +X 64\n",
            b"-Y 32 +X 64\n",
        ):
            out.append(data.replace(old, size))
    elif name.endswith(".exr"):
        at = data.index(b"dataWindow\0box2i\0") + 21
        for window in (
            (0, 0, 2**31 - 2, 2**31 - 2),
            (0, 0, 65535, 65535),
            (0, 0, 4095, 47),
            (-(2**31), 0, 63, 47),
        ):
            out.append(data[:at] + struct.pack("<4i", *window) + data[at + 16 :])
        if b"tiledesc" in data:
            at = data.index(b"tiledesc\0") + 13
            for size in ((2**31 - 1, 2**31 - 1), (0, 0), (1, 1), (65536, 65536)):
                out.append(data[:at] + struct.pack("<2I", *size) + data[at + 8 :])
    elif name.endswith(".png"):
        for size in ((2**31 - 1, 2**31 - 1), (100_000, 100_000), (WIDTH, 1 << 20), (WIDTH, 4096), (WIDTH, 32)):
            header = b"IHDR" + struct.pack(">2I", *size) + data[24:29]
            out.append(data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:])
    elif name.endswith(".jpg"):
        at = data.index(b"\xff\xc0" if b"\xff\xc0" in data else b"\xff\xc2") + 5
        for size in ((65535, 65535), (65535, WIDTH), (HEIGHT, 65535), (4096, WIDTH), (32, WIDTH)):
            out.append(data[:at] + struct.pack(">2H", *size) + data[at + 4 :])
    else:
        for tag, value in (
            (256, 2**31 - 1),
            (257, 2**31 - 1),
            (257, 1 << 20),
            (257, 4096),
            (257, 32),
            (277, 65535),
            (278, 2**31 - 1),
        ):
            at = data.find(struct.pack("<2HI", tag, 3, 1))  # a SHORT; made a LONG
            at = data.find(struct.pack("<2HI", tag, 4, 1)) if at < 0 else at
            if at >= 0:
                out.append(data[:at] + struct.pack("<2H2I", tag, 4, 1, value) + data[at + 12 :])
    return out


def read(path: Path) -> list[tuple | str]:
    """Shape, type and hash of what each of the readers returns for a file, or why there is nothing."""
    if path.suffix in (".hdr", ".exr"):
        return [attempt(lambda: read_hdr(path))]
    if path.suffix in (".zip", ".tar", ".gz"):
        return [attempt(lambda: unpack(path, path.with_name(f"{path.name}.unpacked")))]
    return [attempt(lambda: read_ldr(path)), attempt(lambda: read_photograph(path).pixels)]


def attempt(reader: Callable[[], np.ndarray | None]) -> tuple | str:
    try:
        image = reader()
        return "unpacked" if image is None else (image.shape, str(image.dtype), hashlib.sha256(image).hexdigest())
    except UserError as error:
        return f"traceback {error!r}" if len(str(error).splitlines()) != 1 else "refused"
    except BaseException as error:
        return f"traceback {error!r}"


def serve(connection: Connection) -> None:
    """Reads the files whose names arrive, in a process of its own that may die of it."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):  # OpenEXR's and libtiff's own words
        os.dup2(quiet, descriptor)
    logging.disable()
    cv2.setNumThreads(1)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    while (path := connection.recv()) is not None:
        answers = read(path)
        # getrusage knows the parent's memory from before exec, too
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        connection.send((answers, int(re.search(r"VmHWM:\s+(\d+)", status)[1]) >> 10))


class Reader:
    """A process that reads files, and another one when it died. `most` is the most memory of any, in MiB."""

    def __init__(self, known: Path) -> None:
        self.known, self.process, self.base, self.most = known, None, 0, 0

    def read(self, path: Path) -> list[tuple | str]:
        """What `read` gives, or that the process crashed or hung."""
        if self.process is None:
            context = multiprocessing.get_context("spawn")
            self.connection, other = context.Pipe()
            self.process = context.Process(target=serve, args=(other,), daemon=True)
            self.process.start()
            other.close()
            self.connection.send(self.known)  # after it the libraries are loaded
            self.base = self.connection.recv()[1]
        self.connection.send(path)
        try:
            if self.connection.poll(SECONDS):
                answers, memory = self.connection.recv()
                self.most = max(self.most, memory - self.base)
                return answers
            died = "hang"
        except EOFError:
            died = "crash"
        self.process.kill()
        self.process = None
        return [died]

    def close(self) -> None:
        if self.process is not None:
            self.connection.send(None)
            self.process.join(SECONDS)


def passes(name: str, original: bytes, damaged: Path) -> bool:
    """Whether `retrieve` takes a damaged file of a mirror for the registered one."""
    digest = hashlib.sha256(original).hexdigest()
    file = File.model_construct(name=damaged.name, sha256=digest, size=len(original), wheel=None, url=None)
    try:
        retrieve(file, damaged.with_name(f"retrieved-{name}"), [], damaged.parent, str(damaged.parent))
    except UserError:
        return False
    return True


def judge(name: str, image: np.ndarray, reader: Reader, folder: Path, number: int) -> list[dict]:
    """A row for each damaged copy of one view in one format, and for each way to read it."""
    path = folder / f"{number}-{name}"
    FORMATS[name](path, image)
    original, rng = path.read_bytes(), named_rng(0, "mutations", name, number)
    expected = reader.read(path)
    assert all(isinstance(each, tuple) for each in expected), f"{name}: {expected}"
    damaged = [mutate(original, i, rng) for i in range(MUTATIONS)]
    damaged += [("size", each) for each in targeted(name, original) if each != original]
    rows = []
    for file, (kind, data) in enumerate(damaged):
        path.write_bytes(data)
        row = {"format": name, "file": f"{number}/{file}", "kind": kind, "passed": passes(name, original, path)}
        for found, true in zip(reader.read(path), expected, strict=False):
            rows.append(row | {"found": verdict(kind, found, true), "detail": str(found)})
    return rows


def verdict(kind: str, found: tuple | str, true: tuple) -> str:
    if isinstance(found, str):
        return found.split()[0]
    if found == true:
        return "unchanged"
    if kind == "cut":
        return "cut, read"
    return "changed" if found[:2] == true[:2] else "other size"


def zip_of(path: Path, members: list[tuple[str, bytes, int]]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, warnings.catch_warnings(action="ignore"):
        for name, content, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            file.writestr(info, content)


def tar_of(path: Path, members: list[tuple[str, bytes, bytes]]) -> None:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as file:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = (
                kind,
                len(content) if kind == tarfile.REGTYPE else 0,
                "/etc/passwd",
            )
            file.addfile(info, io.BytesIO(content))


GOOD = [("a/b.txt", b"one" * 1000), ("a/c.txt", b"two" * 1000)]
NAMES = ("/tmp/x", "../x", "a/../../x", "..", "C:\\x", "..\\x", "a\nb", "a/b.txt", "A/B.TXT", "\\\\host\\x")


def hostile(folder: Path) -> list[Path]:
    """Archives that must be refused."""
    files, zeros = [(name, content, tarfile.REGTYPE) for name, content in GOOD], bytes(1 << 28)
    out = []

    def add(suffix: str, make: Callable, *given) -> None:
        out.append(folder / f"{len(out)}{suffix}")
        make(out[-1], *given)

    for name in NAMES:
        add(".zip", zip_of, [(*each, stat.S_IFREG | 0o644) for each in (*GOOD, (name, b"x"))])
        add(".tar", tar_of, [*files, (name, b"x", tarfile.REGTYPE)])
    for mode in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO):
        add(".zip", zip_of, [(*GOOD[0], stat.S_IFREG), ("link", b"/etc/passwd", mode | 0o777)])
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
        add(".tar", tar_of, [*files, ("link", b"", kind)])
    add(".zip", zip_of, [(f"{i}", zeros, stat.S_IFREG) for i in range(2)])
    add(".tar.gz", tar_of, [(f"{i}", zeros, tarfile.REGTYPE) for i in range(2)])
    return out


def archives(folder: Path, reader: Reader) -> list[dict]:
    rows = []
    for path in hostile(folder):
        found = reader.read(path)[0]
        rows.append({"format": "hostile archive", "kind": path.suffix, "found": found.split()[0], "detail": found})
    for suffix in (".zip", ".tar", ".tar.gz"):
        path, rng = folder / f"good{suffix}", named_rng(0, "archives", suffix)
        if suffix == ".zip":
            zip_of(path, [(*each, stat.S_IFREG | 0o644) for each in GOOD])
        else:
            tar_of(path, [(*each, tarfile.REGTYPE) for each in GOOD])
        original, unpacked = path.read_bytes(), path.with_name(f"{path.name}.unpacked")
        for number in range(MUTATIONS):
            kind, data = mutate(original, number, rng)
            path.write_bytes(data)
            found = reader.read(path)[0]
            rows.append({"format": path.name, "kind": kind, "found": found.split()[0], "detail": found})
            shutil.rmtree(unpacked, ignore_errors=True)
    return rows


def main(folder: Path) -> None:
    logging.disable()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write_exr(work / "known.exr", np.ones((8, 8, 3), np.float32))
        readers = [Reader(work / "known.exr") for _ in range(2)]
        tasks = [(name, image, i) for i, image in enumerate(views(folder)) for name in FORMATS]

        def share(which: int) -> list[dict]:
            place = work / str(which)
            place.mkdir()
            found = [judge(name, image, readers[which], place, i) for name, image, i in tasks[which::2]]
            return [row for rows in found for row in rows]

        with ThreadPoolExecutor(2) as pool:
            images = pd.DataFrame([row for rows in pool.map(share, range(2)) for row in rows])
        inside = work / "archives"
        inside.mkdir()
        packed = pd.DataFrame(archives(inside, readers[0]))
        for reader in readers:
            reader.close()
        strays = [path for path in work.iterdir() if path.name not in ("known.exr", "0", "1", "archives")]
    both = pd.concat([images, packed])
    print(both.groupby(["format", "found"], sort=False).size().unstack(fill_value=0).to_string())
    known = ["refused", "unchanged", "changed", "unpacked"]
    for (form, kind, found), rows in both[~both.found.isin(known)].groupby(["format", "kind", "found"]):
        print(f"{form}, {kind}: {found}, {len(rows)} such as {rows.detail.iloc[0][:150]}")
    count, accident = both.found.value_counts().get, images[images.kind != "size"]
    other = images.found.isin(["changed", "other size", "cut, read"])
    open_doors = (packed.format == "hostile archive") & (packed.found == "unpacked")
    figures = [
        ("mutated_files", len(images.drop_duplicates(["format", "file"])), ">=1000"),
        ("tracebacks", count("traceback", 0), "<=0"),
        ("crashes", count("crash", 0), "<=0"),
        ("hangs", count("hang", 0), "<=0"),
        ("peak_memory_mib", max(reader.most for reader in readers), "<=512"),
        ("cut_files_read", count("cut, read", 0), "<=0"),
        ("other_size_read_percent_of_accidents", 100 * (accident.found == "other size").mean(), "<=0.5"),
        ("passed_sha256", int(images.passed.sum()), "<=0"),
        ("silently_wrong", int((other & images.passed).sum()), "<=0"),
        ("hostile_archives_unpacked", int(open_doors.sum()), "<=0"),
        ("files_outside", len(strays), "<=0"),
    ]
    for name, value, target in figures:
        print(f"figure={name} value={value:.4g} target={target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
