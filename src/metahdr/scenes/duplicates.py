"""Near-duplicate scenes, found by a perceptual hash: the same view in another encoding, exposure or size.

The hash holds the signs of the low frequencies of the ranks of a small grey version, which depend neither on the
exposure nor on a curve of brightness. `benchmarks/repair.py` measures what it finds (docs/repair.md).
"""

from collections.abc import Iterator

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metahdr.images.luminance import luminance
from metahdr.scenes.orientation import ranks, shrink

_SIDE = 12  # of the block of frequencies
BITS = _SIDE**2
MOST_BITS = 24  # that differ between near-duplicates
_LEAST_SPREAD = 1e-3  # of the grey values, relative to their mean; flatter images show nothing
_CHUNK = 2048


def perceptual_hash(hdr: np.ndarray) -> str:
    """The hash of linear light `(H, W, 3)`, 36 hexadecimal digits; empty for a flat image, which matches none."""
    grey = luminance(shrink(hdr))
    if not np.isfinite(grey).all() or np.ptp(grey) <= _LEAST_SPREAD * grey.mean():
        return ""
    block = cv2.dct(ranks(grey).astype(np.float32) - 0.5)[:_SIDE, :_SIDE]
    bits = (block > 0).ravel()
    bits[0] = False  # the mean, which tells nothing
    return np.packbits(bits).tobytes().hex()


def groups(hashes: dict[str, list[str]], most: int = MOST_BITS) -> list[set[str]]:
    """Names that belong together, because any two of their hashes differ in at most `most` bits.

    Args:
        hashes: of all scenes of each name; empty ones match none.

    Returns:
        Sets of names, each name in one of them.
    """
    listed = [(number, each) for number, own in enumerate(hashes.values()) for each in own if each]
    codes = np.array([np.frombuffer(bytes.fromhex(each), np.uint8) for _, each in listed])
    pairs = np.array([(listed[a][0], listed[b][0]) for a, b in _near(codes, most)], int).reshape(-1, 2)
    graph = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(hashes), len(hashes)))
    joined: dict[int, set[str]] = {}
    for name, number in zip(hashes, connected_components(graph, directed=False)[1], strict=True):
        joined.setdefault(number, set()).add(name)
    return list(joined.values())


def _near(codes: np.ndarray, most: int) -> Iterator[tuple[int, int]]:
    """Pairs of rows of `(N, BITS / 8)` bytes that differ in at most `most` bits, a block of rows at a time."""
    if not len(codes):
        return
    # With signs in place of bits, the product of two rows is BITS - 2 * (bits that differ), exact in float32.
    signs = np.unpackbits(codes, axis=1).astype(np.float32) * 2 - 1
    for top in range(0, len(signs), _CHUNK):
        for left in range(top, len(signs), _CHUNK):
            likeness = signs[top : top + _CHUNK] @ signs[left : left + _CHUNK].T
            for a, b in np.argwhere(likeness >= BITS - 2 * most):
                if top + a < left + b:
                    yield top + int(a), left + int(b)
