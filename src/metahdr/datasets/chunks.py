"""Chunks: the sources that one job takes. The number of jobs grows with the chunks and not with the scenes."""

import hashlib
from collections.abc import Iterable


def chunks(names: Iterable[str], size: int) -> dict[str, list[str]]:
    """The sources of every chunk, by the chunk's name; a chunk without any is left out.

    A name alone says which chunk it is in, as long as the number of chunks is the same. That is a power of two,
    the smallest that leaves chunks of at most `size` on average. So one more source changes one chunk, and few
    sources are one chunk.

    Args:
        names: of all sources of a dataset.
        size: sources in a chunk.
    """
    names = sorted(names)
    count = 1
    while count * size < len(names):
        count *= 2
    found: dict[str, list[str]] = {}
    for name in names:
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % count
        found.setdefault(f"chunk{number}", []).append(name)
    return dict(sorted(found.items(), key=lambda item: int(item[0].removeprefix("chunk"))))
