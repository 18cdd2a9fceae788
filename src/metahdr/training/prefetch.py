"""Loading ahead."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item, Loaded = TypeVar("Item"), TypeVar("Loaded")


def prefetched(load: Callable[[Item], Loaded], items: Sequence[Item]) -> Iterator[Loaded]:
    """Yields `load` of every item, in order; a thread loads the next one while the caller works on this one."""
    with ThreadPoolExecutor(1) as reader:
        ahead = None
        for item in items:
            ready, ahead = ahead, reader.submit(load, item)
            if ready:
                yield ready.result()
        if ahead:
            yield ahead.result()
