"""Ctrl-C and SIGTERM that wait until the work can end without loss."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_caught: list[int] = []


class Interrupted(Exception):
    """Raised by work that an interrupt ends in the middle; the caller discards what it had done."""


def handled_signals() -> list[signal.Signals]:
    """Those of SIGINT and SIGTERM that the process does not ignore; a shell's background jobs ignore Ctrl-C."""
    return [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) != signal.SIG_IGN]


@contextmanager
def deferred() -> Iterator[None]:
    """Defers the first SIGINT or SIGTERM to the end of the block; `interrupted` says whether it came.

    Then the handler from before the block gets it. A second signal gets to that handler at once.
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
    """Whether a signal came within the block of `deferred`, so that the work should end."""
    return bool(_caught)


def ignore_interrupts(_worker: int = 0) -> None:
    """For a worker process: Ctrl-C and a batch system's SIGTERM reach every process of a job; only the training
    handles them, and ends its worker."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
