"""Loading ahead."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item, Loaded = TypeVar("Item"), TypeVar("Loaded")


def prefetched(load: Callable[[Item], Loaded], items: Iterable[Item], ahead: int = 1) -> Iterator[Loaded]:
    """Yields `load` of every item, in order; a thread loads the next ones while the caller works on this one.

    Args:
        ahead: number of items that are loaded in advance.
    """
    with ThreadPoolExecutor(1) as reader:
        waiting: deque[Future[Loaded]] = deque()
        for item in items:
            waiting.append(reader.submit(load, item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
