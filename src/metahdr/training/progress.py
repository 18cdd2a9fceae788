"""Progress of long work: a bar on a terminal, and a line in the log every half minute."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from tqdm import tqdm

log = logging.getLogger(__name__)
Item = TypeVar("Item")


def track(
    items: Iterable[Item],
    what: str,
    total: int,
    done: int = 0,
    every: float = 30.0,
    figures: Mapping[str, float] | None = None,
) -> Iterator[Item]:
    """Yields the items and shows how many are done, the rate and the time left.

    Args:
        items: the work that is left.
        what: name of the work in the display.
        total: number of items, those that are done included.
        done: number of items that were done earlier.
        every: seconds between lines in the log.
        figures: shown beside; the caller keeps them up to date.
    """
    start = last = time.monotonic()
    bar = tqdm(items, desc=what, total=total, initial=done, disable=None, dynamic_ncols=True)
    for count, item in enumerate(bar, 1):
        yield item
        now = time.monotonic()
        if figures:
            bar.set_postfix(figures, refresh=False)
        if now - last >= every or done + count == total:
            rate = count / (now - start)
            left = (total - done - count) / rate
            beside = "".join(f", {name} {value:.3g}" for name, value in (figures or {}).items())
            log.info("%s: %d of %d, %.2f/s, %.0f s left%s", what, done + count, total, rate, left, beside)
            last = now
