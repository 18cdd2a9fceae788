"""Progress of long work: a bar on a terminal, a line now and then in the log."""

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
    """Passes the items on and shows count, rate and time left.

    Args:
        items: what is still to do.
        what: its name in the display.
        total: of all work, `done` included.
        done: finished earlier.
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
