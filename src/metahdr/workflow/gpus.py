"""A GPU of its own for each job on a machine with several; a cluster gives its jobs theirs."""

import fcntl
import logging
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

log = logging.getLogger(__name__)
_held = []  # open files, whose locks end with the process, however it ends


def claim_gpu() -> None:
    """Leaves this process one GPU that no other job of this machine has; waits where all are taken.

    Nothing happens where the job asks for none (`METAHDR_GPUS`, from the rule's resource), where
    `CUDA_VISIBLE_DEVICES` is set, as Slurm does, or where there is no GPU. It must come before CUDA starts.
    """
    if int(os.environ.get("METAHDR_GPUS") or 0) and "CUDA_VISIBLE_DEVICES" not in os.environ:
        numbers = sorted(int(path.name.removeprefix("nvidia")) for path in Path("/dev").glob("nvidia[0-9]*"))
        if numbers:
            os.environ["CUDA_VISIBLE_DEVICES"] = str(lock_one(numbers, Path(tempfile.gettempdir())))


def lock_one(numbers: Sequence[int], folder: Path, pause: float = 1.0) -> int:
    """The first of some numbers that no other process holds; it is held until this process ends.

    Args:
        folder: of the lock files, which stay there.
        pause: seconds between two tries.
    """
    waited = False
    while True:
        for number in numbers:
            file = (folder / f"metahdr-gpu-{number}.lock").open("a", encoding="utf-8")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
            else:
                _held.append(file)
                return number
        if not waited:
            log.info("all %d GPUs are taken by other jobs; waiting", len(numbers))
            waited = True
        time.sleep(pause)
