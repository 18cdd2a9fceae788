"""Ctrl-C and SIGTERM at a moment that suits the work."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_caught: list[int] = []


class Interrupted(Exception):
    """Leaves a piece of work that an interrupt makes pointless to finish; who began it tidies up."""


def handled_signals() -> list[signal.Signals]:
    """Those of SIGINT and SIGTERM that the process does not ignore; a shell lets what it starts in the background
    ignore Ctrl-C."""
    return [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) != signal.SIG_IGN]


@contextmanager
def deferred() -> Iterator[None]:
    """Within the block, the first SIGINT or SIGTERM is only noted, and `interrupted` says so.

    At the end of the block it does what it would have done before. A second one does that at once.
    """
    before = {number: signal.getsignal(number) for number in handled_signals()}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, _frame: object) -> None:
        _caught.append(number)
        restore()

    for number in before:
        signal.signal(number, note)
    try:
        yield
    finally:
        restore()
        caught = _caught.copy()
        _caught.clear()
    if caught:
        signal.raise_signal(caught[0])


def interrupted() -> bool:
    """Whether work within `deferred` should end."""
    return bool(_caught)
