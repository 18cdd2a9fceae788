"""Repair of pairs and brackets: python benchmarks/repair.py PANORAMAS (three minutes on two idle cores).

Orientation, shifts and near-duplicates of crops of every second panorama of a folder (the other half served the
choice of the margin; that of `MOST_BITS` was made on views of all, in other directions). docs/repair.md has the
tables. The last lines are the figures.
"""

import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from skimage.metrics import structural_similarity

from metahdr.brackets.merge import inverse_response, merge
from metahdr.brackets.shifts import find_shifts
from metahdr.camera.exposure import compress, expose
from metahdr.camera.response import Response, draw_response
from metahdr.companions import is_companion
from metahdr.images.files import read_hdr, repair
from metahdr.images.luminance import luminance, metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.scenes.duplicates import BITS, MOST_BITS, perceptual_hash
from metahdr.scenes.orientation import LEAST_MARGIN, ORIENTATIONS, find_alignment, orient
from metahdr.seeds import named_rng

PAIRS, SIZE, QUALITY = 400, 512, 70
BRACKETS = {"-2/0/+2": [-2.0, 0.0, 2.0], "-3/0/+3": [-3.0, 0.0, 3.0]}
FARTHEST, SIDE = 16, 192  # pixels
BASE = Response(0.9, 0.6)


def panoramas(folder: Path, start: int) -> list[tuple[str, np.ndarray]]:
    paths = sorted(
        path for path in folder.iterdir() if path.suffix in (".hdr", ".exr") and not is_companion(path.name)
    )
    return [(re.split(r"_1k[._]|\.", path.name)[0], repair(read_hdr(path), 0.05)[0]) for path in paths[start::2]]


def pair(number: int, name: str, panorama: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """An exposure, its HDR crop as it is and turned, and its EV."""
    rng, ev = named_rng(0, "repair", name, number), number % 7 - 3
    view = perspective_view(panorama, rng.uniform(0, 360), rng.uniform(40, 90), SIZE, rng.uniform(-30, 30))
    response = draw_response(rng, [0.9, 0.1], [0.6, 0.1])
    ldr = expose(view * np.float32(metered_scale(view)), ev, response, 0.005, rng, QUALITY)
    return ldr, view, orient(view, ORIENTATIONS[rng.integers(8)]), ev


def brute_force(ldr: np.ndarray, hdr: np.ndarray) -> str:
    """The same comparison at full size: what the speed is measured against."""
    grey, log = luminance(ldr.astype(np.float32)) / 255, np.log(luminance(hdr) + 1e-6 * hdr.mean())
    log = (log - log.min()) / np.ptp(log)
    scores = {name: structural_similarity(grey, orient(log, name), data_range=1.0) for name in ORIENTATIONS}
    return max(scores, key=scores.get)


def orientations(images: list[tuple[str, np.ndarray]]) -> pd.DataFrame:
    rows = []
    for number in range(PAIRS):
        name, panorama = images[number % len(images)]
        ldr, view, turned, ev = pair(number, name, panorama)
        started = time.perf_counter()
        found = find_alignment(ldr, turned)
        seconds = time.perf_counter() - started
        row = {"ev": ev, "margin": found.margin, "sure": found.sure, "seconds": seconds}
        row["right"] = np.array_equal(orient(turned, found.orientation), view)
        if number < 20:
            started = time.perf_counter()
            brute = brute_force(ldr, turned)
            row |= {
                "brute": time.perf_counter() - started,
                "brute_right": np.array_equal(orient(turned, brute), view),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _many(count: int) -> None:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    ldr, hdr = rng.integers(0, 256, (SIZE, SIZE, 3), np.uint8), rng.random((SIZE, SIZE, 3), np.float32)
    for _ in range(count):
        find_alignment(ldr, hdr)


def pairs_per_second(count: int = 400) -> float:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:  # OpenCV's threads do not survive a fork
        list(pool.map(_many, [5, 5]))  # the processes start
        started = time.perf_counter()
        list(pool.map(_many, [count // 2] * 2))
        return count / (time.perf_counter() - started)


def bracket(name: str, panorama: np.ndarray, evs: list[float], number: int):
    """A bracket whose outer exposures are moved by half pixels, its shifts, its truth. Number 3 is not moved."""
    rng = named_rng(0, "shift", name, number, len(evs), evs[0])
    halves = rng.integers(-2 * FARTHEST, 2 * FARTHEST + 1, (3, 2)) * (number != 3)
    halves[1] = 0
    margin = 2 * FARTHEST
    top = margin + rng.integers(0, panorama.shape[0] - 2 * margin - 2 * SIDE + 1)
    left = margin + rng.integers(0, panorama.shape[1] - 2 * margin - 2 * SIDE + 1)
    response, parts = draw_response(rng, [0.9, 0.1], [0.6, 0.1]), []
    for x, y in halves:
        crop = panorama[top - y : top - y + 2 * SIDE, left - x : left - x + 2 * SIDE]
        parts.append(cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    scale = np.float32(metered_scale(parts[1]))
    exposures = [expose(part * scale, ev, response, 0.005, rng, 90) for part, ev in zip(parts, evs, strict=True)]
    return np.stack(exposures), halves / 2, parts[1] * scale


def others(exposures: np.ndarray) -> dict[str, np.ndarray]:
    """Shifts by OpenCV's AlignMTB and by phase correlation alone."""
    grey = [cv2.cvtColor(exposure, cv2.COLOR_RGB2GRAY) for exposure in exposures]
    mtb = cv2.createAlignMTB()
    window = cv2.createHanningWindow((SIDE, SIDE), cv2.CV_32F)
    floats = [image.astype(np.float32) for image in grey]
    phase = [cv2.phaseCorrelate(floats[1], image, window)[0] for image in floats]
    return {
        "AlignMTB": -np.array([mtb.calculateShift(grey[1], image) for image in grey]),
        "phase": np.array(phase),
    }


def merged_error(exposures: np.ndarray, shifts: np.ndarray, evs: list[float], truth: np.ndarray) -> float:
    """Log RMSE in stops of the merge after the exposures were moved back by these shifts, also by fractions."""
    back = [
        exposure
        if not shift.any()
        else cv2.warpAffine(
            exposure, np.float32([[1, 0, -shift[0]], [0, 1, -shift[1]]]), (SIDE, SIDE), flags=cv2.INTER_CUBIC
        )
        for exposure, shift in zip(exposures, shifts.astype(float), strict=True)
    ]
    inside = slice(FARTHEST + 2, -FARTHEST - 2)
    stack = np.stack(back)[:, inside, inside].copy()
    radiance = merge(stack, evs, inverse_response(stack, evs))
    part = truth[inside, inside]
    seen = (part > 0.01) & (part < 3)
    error = np.log2(np.maximum(radiance[seen], 1e-4) / part[seen])
    return float(np.sqrt(np.mean((error - np.median(error)) ** 2)))


def shifts(images: list[tuple[str, np.ndarray]]) -> pd.DataFrame:
    rows = []
    for name, panorama in images:
        for evs_name, evs in BRACKETS.items():
            for number in range(4):
                exposures, true, truth = bracket(name, panorama, evs, number)
                found = find_shifts(exposures, evs)
                row = {"name": name, "evs": evs_name, "still": number == 3, "moved": bool(np.any(found))}
                row["ours"] = np.abs(found - true).max()
                row |= {key: np.abs(each - true).max() for key, each in others(exposures).items()}
                if number != 3 and evs_name == "-2/0/+2":
                    row |= {"found": merged_error(exposures, found, evs, truth)}
                    row |= {"whole": merged_error(exposures, np.round(found), evs, truth)}
                    row |= {"true": merged_error(exposures, true, evs, truth)}
                rows.append(row)
    return pd.DataFrame(rows)


COPIES = {
    "exposure and JPEG 85": lambda v: BASE.inverse(compress(expose(v, -2, BASE), 85) / 255).astype(np.float32),
    "half as large": lambda v: cv2.resize(v, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "twice as large": lambda v: cv2.resize(v, None, fx=2, fy=2),
    "other colours": lambda v: v * np.array([1.3, 1, 0.7], np.float32),
    "border of 1.5 % cut": lambda v: v[2:-2, 2:-2],
    "border of 3 % cut": lambda v: v[4:-4, 4:-4],
}


def differing(a: str, b: str) -> int:
    return (int(a, 16) ^ int(b, 16)).bit_count()


def duplicates(images: list[tuple[str, np.ndarray]]) -> tuple[pd.DataFrame, np.ndarray]:
    """Bits that differ between a view and each copy, and between views of different places."""
    rows, codes = [], []
    for name, panorama in images:
        place = "studio_small" if name.startswith("studio_small") else name
        for azimuth in range(30, 390, 60):
            view = perspective_view(panorama, azimuth, 60, 128, 10)
            view = view * np.float32(metered_scale(view))
            code = perceptual_hash(view)
            codes.append((place, code))
            rows.append({key: differing(code, perceptual_hash(change(view))) for key, change in COPIES.items()})
    apart = [differing(a, b) for i, (one, a) in enumerate(codes) for other, b in codes[:i] if one != other]
    return pd.DataFrame(rows), np.array(apart)


def main(folder: Path) -> None:
    tested = panoramas(folder, 1)
    turned = orientations(tested)
    print(f"\nOrientation of {PAIRS} pairs of {SIZE}x{SIZE}, JPEG {QUALITY}, margin {LEAST_MARGIN}")
    print(turned.groupby("ev").agg(pairs=("right", "size"), right=("right", "mean"), least=("margin", "min")))
    moved = shifts(tested)
    print(f"\nShifts of up to {FARTHEST} pixels, in halves, of {SIDE}x{SIDE}: share within 0.5, largest error")
    shaken = moved[~moved.still]
    for key in ("ours", "AlignMTB", "phase"):
        by = shaken.groupby("evs")[key]
        print(key, *(f"{evs}: {(e <= 0.5).mean():.3f}, {e.max():.1f}" for evs, e in by), sep="  ")
    errors = shaken[["found", "whole", "true"]].mean()
    print("log RMSE of the merge in stops, by the shifts that were undone:", errors.round(3).to_dict())
    copies, apart = duplicates([*panoramas(folder, 0), *tested])
    print(f"\nBits of {BITS} that differ; near-duplicates: at most {MOST_BITS}")
    print(copies.quantile([0.5, 0.95, 1]).T.assign(found=(copies <= MOST_BITS).mean()))
    print(f"other places: {len(apart)} pairs, at least {apart.min()}")

    usual = shaken[shaken.evs == "-2/0/+2"].ours.max()
    rare = shaken[shaken.evs == "-3/0/+3"].ours
    speed = turned.brute.dropna().mean() / turned.seconds.median()
    figures = [
        ("orientations_right_percent", 100 * turned.right.mean(), ">=99.5"),
        ("wrong_above_margin", int((~turned.right & turned.sure).sum()), "<=0"),
        ("times_faster_than_brute_force", speed, ">=30"),
        ("pairs_per_second", pairs_per_second(), ">=100"),
        ("shift_error_px", usual, "<=0.5"),
        ("merge_log_rmse_against_true_shifts", errors.found / errors.true, "<=1.05"),
        ("shift_error_px_3_stops_percent_within_half", 100 * (rare <= 0.5).mean(), ">=99"),
        ("aligned_stacks_moved", int(moved[moved.still].moved.sum()), "<=0"),
        (
            "near_duplicates_found_percent",
            100 * (copies.drop(columns=list(copies)[-1]) <= MOST_BITS).mean(axis=None),
            ">=95",
        ),
        ("false_duplicates", int((apart <= MOST_BITS).sum()), "<=0"),
    ]
    for name, value, target in figures:
        print(f"figure={name} value={value:.4g} target={target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
