"""Chunks: the sources that one job takes. The number of jobs grows with the chunks and not with the scenes."""

import hashlib
from collections.abc import Iterable


def chunks(names: Iterable[str], size: int) -> dict[str, list[str]]:
    """The sources of every chunk, by the chunk's name; a chunk without sources is left out.

    A source's name alone says which of the chunks it is in, so that one more source changes one chunk. The number
    of chunks is the smallest power of two with at most `size` sources a chunk on average.

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
