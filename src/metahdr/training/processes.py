"""Several processes that share the work of one training, started by torchrun; or one process alone."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, distributed

Result = TypeVar("Result")


@contextmanager
def process_group() -> Iterator[None]:
    """Connects the processes that torchrun started, for the length of the block."""
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
    """The number of this process, from 0. Process 0 writes files and shows progress."""
    return int(os.environ.get("RANK", 0))


def world_size() -> int:
    """The number of processes in the process group; 1 outside of one."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def device() -> torch.device:
    """The GPU of this process, or the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) % torch.cuda.device_count())


def device_name() -> str:
    """What a process computes on, as the provenance states it."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def move(image: Tensor, to: torch.device) -> Tensor:
    """A tensor on a device; a GPU copies it while it computes."""
    return image.pin_memory().to(to, non_blocking=True) if to.type == "cuda" else image


def shard(work: Sequence) -> Sequence:
    """This process's part of the work: every n-th item, where n is the number of processes."""
    return work[rank() if world_size() > 1 else 0 :: world_size()]


def all_reduce(values: Tensor) -> None:
    """Sums a tensor over all processes, in place. The sum is exact where at most one process has a value other
    than 0."""
    if world_size() > 1:
        distributed.all_reduce(values)


def any_process(flag: bool) -> bool:
    """Whether the flag is set in at least one process; all processes must call it."""
    if world_size() == 1:
        return flag
    total = torch.tensor([float(flag)], device=device())
    all_reduce(total)
    return bool(total)


def broadcast_from_first(function: Callable[[], Result]) -> Result:
    """Calls a function in process 0 alone and returns its result in every process."""
    if world_size() == 1:
        return function()
    results = [function() if rank() == 0 else None]
    distributed.broadcast_object_list(results)
    return results[0]
