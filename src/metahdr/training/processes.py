"""Several processes that work as one, started by torchrun; a process alone is its own and only one."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, distributed

Result = TypeVar("Result")


@contextmanager
def joined() -> Iterator[None]:
    """Within the block, the processes that torchrun started know each other."""
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield
        return
    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(device())
    distributed.init_process_group("nccl" if gpu else "gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()


def rank() -> int:
    """The number of this process; 0 writes files and shows progress."""
    return int(os.environ.get("RANK", 0))


def count() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def device() -> torch.device:
    """The GPU of this process, or the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) % torch.cuda.device_count())


def move(image: Tensor, to: torch.device) -> Tensor:
    """A tensor on a device; a GPU copies it while it computes."""
    return image.pin_memory().to(to, non_blocking=True) if to.type == "cuda" else image


def shard(work: Sequence) -> Sequence:
    """What of some pieces of work is this process's."""
    return work[rank() if count() > 1 else 0 :: count()]


def all_reduce(values: Tensor) -> None:
    """Adds the other processes' values, in place. Where only one of them is not 0 the sum is exact."""
    if count() > 1:
        distributed.all_reduce(values)


def first(function: Callable[[], Result]) -> Result:
    """What a function of no arguments returns in process 0, which alone calls it."""
    if count() == 1:
        return function()
    results = [function() if rank() == 0 else None]
    distributed.broadcast_object_list(results)
    return results[0]
