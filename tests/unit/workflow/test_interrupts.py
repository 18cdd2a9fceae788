import signal

import pytest

from metahdr.workflow.interrupts import deferred, interrupted


class Ended(Exception):
    pass


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def number(request):
    """A signal that raises Ended where it is not deferred."""

    def end(*_):
        raise Ended

    before = signal.signal(request.param, end)
    yield request.param
    signal.signal(request.param, before)


def test_a_signal_waits_for_the_end_of_the_block_and_then_does_its_work(number):
    done = []
    with pytest.raises(Ended), deferred():
        assert not interrupted()
        signal.raise_signal(number)
        assert interrupted()
        done.append("the rest of the block")
    assert done
    assert not interrupted()


def test_a_second_signal_does_its_work_at_once(number):
    done = []
    with pytest.raises(Ended), deferred():
        signal.raise_signal(number)
        signal.raise_signal(number)
        done.append("the rest of the block")
    assert not done
    assert not interrupted()


def test_without_a_signal_nothing_happens_and_the_handlers_are_as_before(number):
    before = signal.getsignal(number)
    with deferred():
        assert signal.getsignal(number) is not before
    assert signal.getsignal(number) is before


def test_an_error_in_the_block_comes_before_a_signal(number):
    with pytest.raises(ZeroDivisionError), deferred():
        signal.raise_signal(number)
        raise ZeroDivisionError
    assert not interrupted()


def test_a_signal_that_the_process_ignores_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with deferred():
            signal.raise_signal(signal.SIGINT)
            assert not interrupted()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
