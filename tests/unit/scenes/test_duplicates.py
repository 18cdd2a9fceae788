import time

import cv2
import numpy as np
import pytest

from metahdr.camera.exposure import compress, expose
from metahdr.camera.response import Response
from metahdr.images.luminance import metered_scale
from metahdr.scenes.duplicates import BITS, MOST_BITS, groups, perceptual_hash


def differing(a: str, b: str) -> int:
    return (int(a, 16) ^ int(b, 16)).bit_count()


def exposed(image):
    """The image as its dark exposure shows it, after JPEG."""
    response = Response(0.9, 0.6)
    ldr = compress(expose(image * metered_scale(image), -2.0, response), 85)
    return response.inverse(ldr / 255).astype(np.float32)


COPIES = {
    "exposed again": lambda image: image * 7,
    "in other colours": lambda image: image * np.array([1.3, 1, 0.7], np.float32),
    "half as large": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "twice as large": lambda image: cv2.resize(image, None, fx=2, fy=2),
    "cropped by one pixel in 64": lambda image: cv2.resize(image[1:-1, 1:-1], image.shape[1::-1]),
    "through an exposure and JPEG": exposed,
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_is_found(scenery, change):
    for seed in range(5):
        image = scenery(seed, 128, 128)
        assert differing(perceptual_hash(image), perceptual_hash(change(image))) <= MOST_BITS


def test_other_scenes_differ_by_far_more(scenery):
    hashes = [perceptual_hash(scenery(seed, 64, 64)) for seed in range(30)]
    assert min(differing(a, b) for i, a in enumerate(hashes) for b in hashes[:i]) > MOST_BITS


@pytest.mark.parametrize("value", [0.0, 1.0, np.inf])
def test_a_flat_image_is_like_none(value):
    assert perceptual_hash(np.full((32, 32, 3), value, np.float32)) == ""
    assert groups({"a": [""], "b": [""]}) == [{"a"}, {"b"}]


def code(*bits: int) -> str:
    """A hash in which these bits are set."""
    row = np.zeros(BITS, bool)
    row[list(bits)] = True
    return np.packbits(row).tobytes().hex()


def test_names_are_joined_by_any_of_their_scenes_and_by_way_of_others():
    hashes = {"a": [code(1), code(2, 3, 4)], "b": [code(7, 8, 9), code(1, 5)], "c": [code(1, 5, 6, 10)]}
    hashes |= {"d": [code(*range(20, 40))], "e": []}
    assert sorted(map(sorted, groups(hashes, most=2))) == [["a", "b", "c"], ["d"], ["e"]]
    assert sorted(map(sorted, groups(hashes, most=1))) == [["a", "b"], ["c"], ["d"], ["e"]]
    assert groups({}) == []


def test_ten_thousand_names_are_compared_by_blocks():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, (10_000, BITS // 8), np.uint8)
    codes[9_000] = codes[7] ^ np.eye(BITS // 8, dtype=np.uint8)[0]  # one bit differs
    started = time.perf_counter()
    joined = groups({f"{number:05}": [row.tobytes().hex()] for number, row in enumerate(codes)})
    assert [each for each in joined if len(each) > 1] == [{"00007", "09000"}]
    assert len(joined) == 9_999
    assert time.perf_counter() - started < 60  # hangs, were it pair by pair
