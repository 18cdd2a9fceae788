import os
import subprocess
import sys

import pytest

from metahdr.workflow.gpus import claim_gpu

CLAIM = """
import sys
from pathlib import Path
from metahdr.workflow.gpus import lock_one

print(lock_one([0, 1], Path(sys.argv[1]), 0.05), flush=True)
sys.stdin.read()
"""


def start(folder):
    return subprocess.Popen(
        [sys.executable, "-c", CLAIM, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )


def test_no_two_processes_have_one_gpu_and_one_that_ends_leaves_its_own_to_the_next(tmp_path):
    first, second = start(tmp_path), start(tmp_path)
    taken = {process: process.stdout.readline().strip() for process in (first, second)}
    assert set(taken.values()) == {"0", "1"}
    third = start(tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        third.wait(1)
    first.kill()
    assert third.stdout.readline().strip() == taken[first]
    for process in (first, second, third):
        process.kill()
        process.communicate()


@pytest.mark.parametrize("given", [{}, {"METAHDR_GPUS": "0"}, {"METAHDR_GPUS": "1", "CUDA_VISIBLE_DEVICES": "3"}])
def test_a_job_without_a_gpu_of_ours_to_claim_keeps_what_it_sees(monkeypatch, given):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    claim_gpu()
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == given.get("CUDA_VISIBLE_DEVICES")
