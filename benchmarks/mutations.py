"""Damaged files: python benchmarks/mutations.py PANORAMAS (three minutes on two cores).

Small pictures of every format that is read, cut from a panorama of the folder, are changed at random: bits flipped,
bytes set to 0 or 255, cut short, and the first bytes, where the header is, changed most. Each is read in a process
with a limit of memory and of time. Archives are changed likewise and given hostile names.

A file that was cut short, by more than a tenth, must never be read. That a flipped bit changed a value, or a size to
another one that is possible, no decoder can see: that is what the register's SHA-256 is for. So every changed file is
also taken to `retrieve`, which must refuse it, and *silently wrong* is a picture that is another one, was read, and
got through. The last lines are the figures.
"""

import io
import multiprocessing
import resource
import sys
import tarfile
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import tifffile

from metahdr.camera.exposure import expose, metered_scale
from metahdr.camera.response import Response
from metahdr.datasets.archive import unpack
from metahdr.datasets.register import File
from metahdr.datasets.retrieve import retrieve
from metahdr.errors import UserError
from metahdr.files import sha256
from metahdr.images import read_hdr, read_ldr, repair
from metahdr.panorama import perspective_view
from metahdr.seeds import named_rng

EACH = 120  # mutations of each format
SECONDS, MEMORY = 10, 1 << 30  # limits of one file; bytes beyond what the process has at its start
SIDE = 48


def pictures(folder: Path, out: Path) -> list[Path]:
    """A file of each format."""
    path = next(path for path in sorted(folder.iterdir()) if path.suffix in (".hdr", ".exr"))
    view = perspective_view(repair(read_hdr(path), 0.05)[0], 0, 70, SIDE)
    view = np.ascontiguousarray(view * np.float32(metered_scale(view)))
    ldr = np.ascontiguousarray(expose(view, 0, Response(0.9, 0.6)))
    deep = (np.clip(view, 0, 1) * 65535).astype(np.uint16)
    for name, flags in (
        ("rle.hdr", [cv2.IMWRITE_HDR_COMPRESSION, 1]),
        ("flat.hdr", [cv2.IMWRITE_HDR_COMPRESSION, 0]),
    ):
        cv2.imwrite(str(out / name), view[..., ::-1], flags)
    for kind in ("ZIP", "PIZ", "DWAA", "PXR24", "B44", "RLE", "NO"):
        header = {"compression": getattr(OpenEXR, f"{kind}_COMPRESSION"), "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, {"RGB": view.astype(np.float16)}).write(str(out / f"{kind.lower()}.exr"))
    tiles = OpenEXR.TileDescription()
    tiles.xSize, tiles.ySize, tiles.mode = 16, 16, OpenEXR.ONE_LEVEL
    OpenEXR.File({"type": OpenEXR.tiledimage, "tiles": tiles}, {"RGB": view}).write(str(out / "tiles.exr"))
    header = {"type": OpenEXR.scanlineimage}
    parts = [OpenEXR.Part({"name": name} | header, {"RGB": view}) for name in ("a", "b")]
    OpenEXR.File(parts).write(str(out / "parts.exr"))
    y = view @ np.float32([0.2126, 0.7152, 0.0722])
    chroma = {"Y": y, "RY": (view[..., 0] - y) / y, "BY": (view[..., 2] - y) / y}
    OpenEXR.File(header, chroma).write(str(out / "chroma.exr"))
    cv2.imwrite(str(out / "a.jpg"), ldr[..., ::-1])
    cv2.imwrite(str(out / "progressive.jpg"), ldr[..., ::-1], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    cv2.imwrite(str(out / "8.png"), ldr[..., ::-1])
    cv2.imwrite(str(out / "16.png"), deep[..., ::-1])
    tifffile.imwrite(out / "8.tif", ldr, photometric="rgb")
    tifffile.imwrite(out / "16.tif", deep, photometric="rgb")
    return sorted(out.iterdir())


def mutate(data: bytes, rng: np.random.Generator) -> tuple[bytes, bool]:
    """A damaged copy, and whether it was cut short by more than a tenth."""
    changed, way = bytearray(data), rng.integers(5)
    header = min(len(data), 400)
    if way == 0:
        for _ in range(rng.integers(1, 9)):
            changed[rng.integers(len(data))] ^= 1 << rng.integers(8)
    elif way == 1:
        for _ in range(rng.integers(1, 5)):
            changed[rng.integers(header)] ^= 1 << rng.integers(8)
    elif way == 2:  # sizes, counts and offsets of four bytes
        at = int(rng.integers(max(1, header - 4)))
        changed[at : at + 4] = [b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"][rng.integers(4)]
    elif way == 3:
        at, length = int(rng.integers(len(data))), int(rng.integers(1, 64))
        changed[at : at + length] = bytes(length)
    else:
        end = int(rng.integers(len(data)))
        return data[:end], end < 0.9 * len(data)
    return bytes(changed), False


def read(path: Path) -> np.ndarray:
    return (read_hdr if path.suffix in (".hdr", ".exr") else read_ldr)(path)


def outcome(path: Path, original: np.ndarray | None, cut: bool) -> str:
    """What reading, or unpacking, a damaged file comes to."""
    try:
        if original is None:
            unpack(path, path.with_suffix(".out"))
            return "read"
        image = read(path)
    except UserError as error:
        return "refused" if len(str(error).splitlines()) == 1 else "more than one line"
    except MemoryError:
        return "memory"
    except BaseException as error:
        return f"traceback {type(error).__name__}"
    if cut:
        return "cut but read"
    if image.shape != original.shape or image.dtype != original.dtype:
        return "other size"
    return "read unchanged" if np.array_equal(image, original, equal_nan=True) else "read changed"


def work(jobs, results, originals) -> None:
    """A process that reads files until there are none left."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    while (job := jobs.get()) is not None:
        path, kind, cut = job
        results.put((path, kind, None))
        results.put((path, kind, outcome(path, originals.get(kind), cut)))
    results.put((None, "memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def read_all(jobs: list, originals: dict) -> tuple[Counter, float]:
    """The outcomes by format, and the largest memory of a process in MiB. A process that dies or hangs is replaced."""
    counts, peak, left = Counter(), 0.0, list(jobs)
    context = multiprocessing.get_context("spawn")
    while left:
        queue, results = context.Queue(), context.Queue()
        for job in [*left, None]:
            queue.put(job)
        process = context.Process(target=work, args=(queue, results, originals))
        process.start()
        current = None
        while True:
            try:
                path, kind, found = results.get(timeout=SECONDS if current else 60)
            except Exception:
                counts[current[1] if current else "?", "crash" if not process.is_alive() else "hang"] += 1
                break
            if path is None:
                peak = max(peak, found)
                break
            if found is None:
                current = (path, kind)
            else:
                counts[kind, found] += 1
                left = left[1:]
                current = None
        left = left[1:] if current else left
        process.kill()
        process.join()
        if not current and left:
            break
    return counts, peak


def archives(out: Path, content: bytes) -> list[Path]:
    """Archives with names that no archive should have, each with a good file before."""
    names = ["/tmp/pwned", "../pwned", "a/../../pwned", "C:\\pwned", "..\\pwned", "good", "GOOD", "a\nb"]
    for number, name in enumerate(names):
        with zipfile.ZipFile(out / f"hostile{number}.zip", "w") as file:
            file.writestr("good", content)
            file.writestr(name, content)
        with tarfile.open(out / f"hostile{number}.tar", "w") as file:
            for each in ("good", name):
                info = tarfile.TarInfo(each)
                info.size = len(content)
                file.addfile(info, io.BytesIO(content))
    for number, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)):
        with tarfile.open(out / f"link{number}.tar", "w") as file:
            info = tarfile.TarInfo("link")
            info.type, info.linkname = kind, "../../pwned"
            file.addfile(info)
    with zipfile.ZipFile(out / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(40):
            file.writestr(f"{number}", bytes(1 << 20))
    return sorted(out.iterdir())


def main(folder: Path) -> None:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for each in ("pictures", "mutated", "archives", "taken"):
            (root / each).mkdir()
        files = pictures(folder, root / "pictures")
        originals, jobs, passed = {path.name: read(path) for path in files}, [], 0
        with zipfile.ZipFile(root / "pictures" / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
            file.write(files[0], "x/a")
        with tarfile.open(root / "pictures" / "a.tar.gz", "w:gz") as file:
            file.add(files[0], "x/a")
        for path in sorted((root / "pictures").iterdir()):
            data, rng = path.read_bytes(), named_rng(0, "mutations", path.name)
            entry = File(name=path.name, sha256=sha256(path), size=len(data))
            for number in range(EACH):
                changed, cut = mutate(data, rng)
                if changed == data:
                    continue
                target = root / "mutated" / f"{number}-{path.name}"
                target.write_bytes(changed)
                jobs.append((target, path.name, cut))
                (root / "taken" / path.name).write_bytes(changed)
                try:
                    retrieve(entry, root / "taken" / "out", [], root, str(root / "taken"))
                    passed += 1
                except UserError:
                    pass
        hostile = archives(root / "archives", b"x" * 100)
        jobs += [(path, "hostile archives", False) for path in hostile]
        counts, peak = read_all(jobs, originals)
        outside = [path for path in root.rglob("*") if path.name == "pwned"]
    outcomes = sorted({found for _, found in counts})
    width = max(map(len, outcomes)) + 2
    print("".ljust(20), *(each.rjust(width) for each in outcomes))
    for kind in dict.fromkeys(kind for _, kind, _ in jobs):
        print(kind.ljust(20), *(str(counts[kind, each]).rjust(width) for each in outcomes))

    def total(*beginnings: str) -> int:
        return sum(count for (_, found), count in counts.items() if found.startswith(beginnings))

    figures = {
        "files": (len(jobs), ">=1000"),
        "unread": (len(jobs) - total(""), "<=0"),
        "tracebacks": (total("traceback", "more than one line"), "<=0"),
        "crashes": (total("crash"), "<=0"),
        "hangs": (total("hang"), "<=0"),
        "above_memory_limit": (total("memory"), "<=0"),
        "peak_memory_mib": (round(peak), "<=1400"),
        "cut_but_read": (total("cut"), "<=0"),
        "read_in_another_size": (total("other size"), "-"),
        "hostile_archives_unpacked": (counts["hostile archives", "read"] + len(outside), "<=0"),
        "silently_wrong": (passed, "<=0"),
    }
    for name, (value, target) in figures.items():
        print(f"figure={name} value={value} target={target}")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
