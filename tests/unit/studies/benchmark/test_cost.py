"""Seconds and memory of a reconstruction, in a process of its own."""

import math
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from metahdr.studies.benchmark import cost
from metahdr.studies.benchmark.cost import costs

EXPOSURES = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
STOPS = (-2.0, 0.0, 2.0)
MEASURE = cost._measure


def test_a_larger_image_takes_more_of_both(monkeypatch):
    monkeypatch.setattr(cost, "_measure", _measure_twice)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # threads that wait for a busy core count as work
        monkeypatch.setenv(name, "1")
    here = np.ones(10**9, np.uint8)  # a gigabyte of this process, which does not count
    small, large = costs("debevec_all", None, EXPOSURES, STOPS, [(64, 48), (1200, 900)])
    assert (small.width, small.height) == (64, 48)
    assert 0 < small.seconds < large.seconds
    least = 1200 * 900 * 3 * 4 * 4 / 1e9  # three exposures and the merge, single precision
    assert large.gigabytes - small.gigabytes > least and small.gigabytes < 0.9 * here.nbytes / 1e9


def test_a_process_that_the_system_ends_has_no_numbers(monkeypatch):
    monkeypatch.setattr(cost, "_measure", _end)
    (found,) = costs("debevec_all", None, EXPOSURES, STOPS, [(64, 48)])
    assert math.isnan(found.seconds) and math.isnan(found.gigabytes)


def test_an_error_of_the_method_is_not_hidden():
    with pytest.raises(Exception, match="no weights are shipped"):
        costs("ahdrnet", None, EXPOSURES, STOPS, [(64, 48)])


def _measure_twice(*given):
    """In seconds of the processor, of the second call: other tests may have the cores, and keep a call waiting."""
    torch.set_num_threads(1)
    cost.SHORT, cost.time = math.inf, SimpleNamespace(perf_counter=time.process_time)
    return MEASURE(*given)


def _end(*_):
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)
