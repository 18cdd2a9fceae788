"""Progress of long work: a bar on a terminal, a line now and then in the log."""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

log = logging.getLogger(__name__)
Item = TypeVar("Item")


def track(items: Iterable[Item], what: str, total: int, done: int = 0, every: float = 30.0) -> Iterator[Item]:
    """Passes the items on and shows count, rate and time left.

    Args:
        items: what is still to do.
        what: its name in the display.
        total: of all work, `done` included.
        done: finished earlier.
        every: seconds between lines in the log.
    """
    start = last = time.monotonic()
    bar = tqdm(items, desc=what, total=total, initial=done, disable=None, dynamic_ncols=True)
    for count, item in enumerate(bar, 1):
        yield item
        now = time.monotonic()
        if now - last >= every or done + count == total:
            rate = count / (now - start)
            left = (total - done - count) / rate
            log.info("%s: %d of %d, %.2f/s, %.0f s left", what, done + count, total, rate, left)
            last = now
