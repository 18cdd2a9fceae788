"""Hand-held brackets: python benchmarks/handheld.py PANORAMAS (five minutes on one idle core).

Shifts of up to 16 whole pixels between the exposures of 400-pixel views, ours and OpenCV's AlignMTB, right where
they are within a quarter of a pixel, on the places that `config/labels_study.yaml` does not test with; the
constants of `brackets/shifts.py` were chosen on some of them. Then the time and memory of a bracket of three
times 12 megapixels. The last lines are the figures.
"""

import re
import resource
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import yaml
from merge import KINDS

from metahdr.brackets.handheld import merge_bracket
from metahdr.brackets.shifts import align_bracket
from metahdr.camera.exposure import expose
from metahdr.companions import is_companion
from metahdr.images.files import read_hdr, repair
from metahdr.images.luminance import metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.seeds import named_rng

SIZE, FARTHEST, STOPS = 400, 16, [-2.0, 0.0, 2.0]
CHOSEN = ("sigmoid", "general", "jpeg", "dark")


def ward(exposures: np.ndarray) -> np.ndarray:
    """Shifts by OpenCV's AlignMTB."""
    grey = [cv2.cvtColor(exposure, cv2.COLOR_RGB2GRAY) for exposure in exposures]
    align = cv2.createAlignMTB()
    return -np.array([align.calculateShift(grey[1], image) for image in grey])


def shifted(name: str, view: np.ndarray, kind: str, still: bool) -> tuple[np.ndarray, np.ndarray]:
    """Exposures uint8 `(3, H, W, 3)` and their true shifts `(3, 2)`."""
    rng, camera = named_rng(0, "handheld", name, kind, still), KINDS[kind]
    shifts = rng.integers(-FARTHEST, FARTHEST + 1, (3, 2)) * (not still)
    shifts -= shifts[1]
    shifts = np.clip(shifts, -FARTHEST, FARTHEST)
    response, inner = camera.draw(rng), np.arange(FARTHEST, SIZE - FARTHEST)
    light = view * np.float32(2**camera.metering)
    parts = [light[np.ix_(inner - y, inner - x)] for x, y in shifts]
    exposures = [
        expose(part, stop, response, 0.005, rng, camera.jpeg) for part, stop in zip(parts, STOPS, strict=True)
    ]
    return np.stack(exposures), shifts


def large() -> np.ndarray:
    """Three exposures of 12 megapixels, uint8."""
    rng = np.random.default_rng(0)
    coarse = rng.normal(size=(300, 400, 3)).astype(np.float32)
    light = 0.18 * np.exp2(1.5 * cv2.resize(coarse, (4000, 3000), interpolation=cv2.INTER_CUBIC))
    response = KINDS["sigmoid"].draw(rng)
    return np.stack([expose(light, stop, response, 0.005, rng) for stop in STOPS])


def main(folder: Path) -> None:
    config = yaml.safe_load(
        (Path(__file__).parent.parent / "config" / "labels_study.yaml").read_text(encoding="utf-8")
    )
    tested, wrong, moved, count = config["split"]["fixed"], [0, 0], 0, 0
    for path in sorted(folder.iterdir()):
        name = re.split(r"_1k[._]|\.", path.name)[0]
        if path.suffix not in (".hdr", ".exr") or is_companion(path.name) or name in tested:
            continue
        view = perspective_view(repair(read_hdr(path), 0.05)[0], 40.0, 60.0, SIZE)
        view *= np.float32(metered_scale(view))
        for kind in CHOSEN:
            exposures, shifts = shifted(name, view, kind, False)
            for index, found in enumerate((align_bracket(exposures, STOPS)[1], ward(exposures))):
                wrong[index] += np.abs(found - shifts).max() > 0.25
            moved += align_bracket(shifted(name, view, kind, True)[0], STOPS)[1].any()
            count += 1
    exposures = large()
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    merge_bracket(exposures, STOPS)
    seconds = time.perf_counter() - start
    peak = max(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 2**20
    print(f"figure=align_wrong value={wrong[0] / count:.3f} target=0 ({count} brackets)")
    print(f"figure=align_wrong_mtb value={wrong[1] / count:.3f} target=-")
    print(f"figure=align_moved_still value={moved / count:.3f} target=0")
    print(f"figure=bracket_12mp_seconds value={seconds:.1f} target=<30")
    print(f"figure=bracket_12mp_gib value={peak:.2f} target=<4")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
