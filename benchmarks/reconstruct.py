"""Speed and memory of `metahdr reconstruct`: python benchmarks/reconstruct.py [METHOD] (two minutes).

The command runs in a process of its own, start included, except where a line says otherwise. The last lines are
the figures. `python benchmarks/reconstruct.py views FOLDER` measures on the panoramas of a folder, such as
`data/raw/polyhaven-mini`, how alike exposures of one view and of different views are (`photographs/bracket.py`).
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.companions import is_companion
from metahdr.images.files import read_hdr
from metahdr.images.luminance import metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.photographs import DEFAULT

RESPONSE = Response(0.9, 0.6)
EVS = (-2, 0, 2)


def make_bracket(folder: Path, height: int, width: int) -> None:
    """Writes three noisy JPEG photographs of smooth light over twelve stops, with small lamps."""
    rng = np.random.default_rng(0)
    coarse = cv2.resize(
        rng.normal(0, 1.5, (12, 16, 3)).astype(np.float32), (width, height), None, 0, 0, cv2.INTER_CUBIC
    )
    fine = cv2.GaussianBlur(rng.normal(0, 1, (height, width, 1)).astype(np.float32), (0, 0), 1.5)
    light = np.exp(coarse + 0.5 * fine[..., None])
    for top, left in rng.integers(0, (height - 16, width - 16), (40, 2)):
        light[top : top + 16, left : left + 16] *= 100
    light *= np.float32(metered_scale(light))
    for ev in EVS:
        Image.fromarray(expose(light, ev, RESPONSE, 0.01, rng)).save(folder / f"{height}_{ev:+d}.jpg", quality=95)


class Cost(NamedTuple):
    """Of one run of the command: wall-clock and processor time in seconds, peak memory in GB."""

    seconds: float
    processor: float
    memory: float


def measured(folder: Path, *words: str, repeats: int = 1) -> Cost:
    """The cost of the command, medians."""
    command = [sys.executable, "-m", "metahdr.cli", "reconstruct", *words, "--out", "out"]
    costs = []
    for _ in range(repeats):
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{' '.join(command)} failed")
        costs.append((time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e9))
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def measure_after_start(folder: Path, names: list[str], method: str) -> dict[str, float]:
    """Seconds of a photograph and of an adaptation at 512x512, in this process, everything imported."""
    from metahdr.photographs.bracket import read_bracket
    from metahdr.photographs.reconstruct import adapted, merged, method_class
    from metahdr.photographs.run import run

    start = time.perf_counter()
    with contextlib.redirect_stdout(None):
        run([folder / names[1]], folder / "out", method)
    seconds = {"reconstruct_512_seconds": time.perf_counter() - start}
    loaded = method_class(method).load()
    start = time.perf_counter()
    adapted(loaded, merged(read_bracket([folder / name for name in names], list(EVS)), loaded))
    return seconds | {"adapt_512_seconds": time.perf_counter() - start}


def measure(method: str) -> None:
    evs, chosen = ("--ev", *map(str, EVS)), ("--method", method)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Made by another process: what this one has taken would count as the memory of those that it starts.
        subprocess.run([sys.executable, __file__, "make", name], check=True)
        large, small = ([f"{height}_{ev:+d}.jpg" for ev in EVS] for height in (3000, 512))
        tiny = measured(folder, small[1], *chosen)
        single = measured(folder, large[1], *chosen, repeats=3)
        every = measured(folder, large[1], *chosen, "--hdr", "--ultrahdr")
        bracket = measured(folder, "--bracket", *large, *evs, *chosen)
        inside = measure_after_start(folder, small, method)
    print(f"{method}, {os.cpu_count()} cores\n")
    print(f"{'':34} {'seconds':>8} {'of processors':>14} {'GB':>6}")
    for title, cost in {
        "512x512": tiny,
        "4000x3000": single,
        "4000x3000, all formats": every,
        "three of 4000x3000, bracket": bracket,
    }.items():
        print(f"{title:34} {cost.seconds:8.1f} {cost.processor:14.1f} {cost.memory:6.2f}")
    per_pixel = (every.memory - tiny.memory) * 1e9 / 12e6
    print(f"\n{per_pixel:.0f} bytes a pixel (photographs.read.BYTES_PER_PIXEL)\n")
    print(f"figure=reconstruct_12mp_seconds value={single.seconds:.2f} target=<=30")
    print(f"figure=reconstruct_12mp_gb value={single.memory:.2f} target=<=4")
    print(f"figure=reconstruct_12mp_all_formats_seconds value={every.seconds:.2f} target=<=30")
    print(f"figure=reconstruct_12mp_all_formats_gb value={every.memory:.2f} target=<=4")
    print(f"figure=bracket_12mp_seconds value={bracket.seconds:.2f} target=<=60")
    print(f"figure=bracket_12mp_gb value={bracket.memory:.2f} target=<=4")
    for name, value in inside.items():
        print(f"figure={name} value={value:.2f} target=<={1 if name == 'reconstruct_512_seconds' else 10}")


def measure_views(folder: Path) -> None:
    """Correlations of the details of two exposures, smallest and largest over the panoramas."""
    from metahdr.photographs.bracket import LEAST_CORRELATION, correlation, shrink

    found: dict[str, list[float]] = {}
    paths = sorted(
        path for path in folder.iterdir() if path.suffix in (".hdr", ".exr") and not is_companion(path.name)
    )
    for path in paths:
        panorama, rng = read_hdr(path), np.random.default_rng(0)
        views = [perspective_view(panorama, azimuth, 70, 256) for azimuth in (0, 3, 90, 180)]
        scale = metered_scale(views[0])
        shot = [[shrink(expose(view * scale, ev, RESPONSE, 0.01, rng)) for ev in EVS] for view in views]
        for gap, dark, bright in (("2 stops", 0, 1), ("4 stops", 0, 2)):
            for title, others in {"one view": (0,), "turned by 3 degrees": (1,), "other views": (2, 3)}.items():
                values = [correlation(shot[0][dark], shot[other][bright]) for other in others]
                found.setdefault(f"{title}, {gap}", []).extend(values)
    print(f"{len(paths)} panoramas; at least {LEAST_CORRELATION} is one view")
    for title, values in found.items():
        told = np.array([value for value in values if value < 1])  # 1: nothing can be told
        share = (told >= LEAST_CORRELATION).mean()
        print(f"{title:32} {told.min():6.2f} to {told.max():5.2f}, {share:4.0%} of {len(told)} taken for one view")


if __name__ == "__main__":
    if sys.argv[1:2] == ["views"]:
        measure_views(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["make"]:
        make_bracket(Path(sys.argv[2]), 3000, 4000)
        make_bracket(Path(sys.argv[2]), 512, 512)
    else:
        measure(sys.argv[1] if len(sys.argv) > 1 else DEFAULT)
