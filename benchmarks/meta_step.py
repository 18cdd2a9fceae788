"""Speed and memory of a meta-iteration: python benchmarks/meta_step.py (about 20 minutes on two idle cores).

One meta-iteration is the paper's: 5 tasks, 3 steps, the U-Net of 8 filters, the ExpandNet loss; of second order
unless it says otherwise. Plain learn2learn has PyTorch's own layers in their usual order. All variants take turns
in one run; the ratios hold better than the seconds. The last lines are the figures.
"""

import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from metahdr.config.meta import Meta
from metahdr.losses.make import make_loss
from metahdr.meta.engines import fast, learn2learn
from metahdr.meta.learner import Learner, support
from metahdr.nets.conv import Conv2d, ConvTranspose2d
from metahdr.nets.norm import BatchNormReLU
from metahdr.scenes.scene import Scenes
from metahdr.training import processes

CORES, TASKS, SIZES = 2, 5, (128, 256, 512)
STEPS = [0.0, 0.0, 0.0, 1.0]
KEPT = {128: 3, 256: 3, 512: 1}  # what is fastest


def plain_layers(network: nn.Module) -> nn.Module:
    """The network with PyTorch's own layers instead of ours."""
    for name, child in network.named_children():
        if isinstance(child, BatchNormReLU):
            setattr(network, name, nn.Sequential(nn.BatchNorm2d(len(child.weight)), nn.ReLU()))
        elif isinstance(child, Conv2d | ConvTranspose2d):
            child.__class__ = child.__class__.__base__
        plain_layers(child)
    return network.to(memory_format=torch.contiguous_format)


def plain_loss(prediction: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    return F.l1_loss(prediction, label) + 5 * (1 - F.cosine_similarity(prediction, label).mean())


def make_task(way: str, size: int, device: str = "cpu") -> Callable[[], object]:
    """One task's meta-gradient: `plain`, `published` (the same in double precision), `reference` (learn2learn with
    our layers), `fast`, or `lean` (the same, no graph kept); `plain1` and `fast1` are of first order."""
    torch.manual_seed(0)
    name, second_order = way.rstrip("1"), not way.endswith("1")
    learner, loss = Learner(Meta()), make_loss("expandnet")
    images = torch.rand(4, 3, 3, size, size, device=device)
    if name in ("plain", "published"):
        learner.network, loss = plain_layers(learner.network), plain_loss
    if name == "published":
        learner, images = learner.double(), images.double()
    learner.to(device)
    sets = ((images[0, :2], images[1, :2]), (images[2, :1], images[3, :1]))
    if name in ("fast", "lean"):
        kept = KEPT[size] if name == "fast" else 0
        return lambda: fast(learner, *sets, loss, STEPS, second_order, kept)
    return lambda: learn2learn(learner, *sets, loss, STEPS, second_order)


def work(rank: int, connection: Connection) -> None:
    """One of the processes that share meta-iterations, as under torchrun; sends back the seconds of each."""
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(CORES), "MASTER_ADDR": "localhost", "MASTER_PORT": "29571"}
    torch.set_num_threads(1)
    with processes.process_group():
        while order := connection.recv():
            task = make_task(*order)
            task()
            torch.distributed.barrier()
            start = time.perf_counter()
            for _ in processes.shard(range(TASKS)):
                _, gradients = task()
            processes.all_reduce(torch.cat([gradient.flatten() for gradient in gradients]).repeat(TASKS, 1))
            torch.distributed.barrier()
            connection.send(time.perf_counter() - start)


class Traffic(TorchDispatchMode):
    """Counts the bytes that operations read and write, if nothing stayed in a cache."""

    total = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if not function.is_view:
            tensors = [leaf for leaf in tree_leaves((args, result)) if isinstance(leaf, torch.Tensor)]
            self.total += sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        return result


def median(function: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def ceilings() -> tuple[float, float]:
    """GFLOP/s of a wide 3x3 convolution and GB/s of a large copy."""
    layer = nn.Conv2d(256, 256, 3, padding=1).to(memory_format=torch.channels_last)
    x = torch.rand(1, 256, 128, 128).to(memory_format=torch.channels_last)
    big = torch.rand(1 << 26)
    with torch.inference_mode():
        layer(x)
        convolution = 2 * 256 * 256 * 9 * 128**2 / median(lambda: layer(x), 9) / 1e9
        copied = torch.empty_like(big)
        return convolution, 2 * 4 * len(big) / median(lambda: copied.copy_(big), 9) / 1e9


def measured(*arguments: str) -> float:
    """What this script's own subcommand measures in a process of its own."""
    command = [sys.executable, __file__, *arguments]
    return float(subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout)


def status(name: str) -> float:
    """A figure of this process in MiB; unlike getrusage's, none of it is what the parent once had."""
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))[1]) / 1024


def measure_memory(way: str, size: str) -> None:
    """Prints the GiB that a task takes beyond what the process had before."""
    torch.set_num_threads(CORES)
    task = make_task(way, int(size))
    make_task(way, 128)()  # what libraries take for themselves
    before = status("VmHWM")
    task()
    print((status("VmHWM") - before) / 1024)


def measure_scenes(count: str) -> None:
    """Prints the MiB of its own that a process has after drawing tasks from so many scenes."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder, tables = Path(name), []
        (folder / "fold0").mkdir()
        (folder / "scenes/chunk0").mkdir(parents=True)
        (folder / "exposures/chunk0").mkdir(parents=True)
        rows = []
        for index in range(int(count) // 100):
            source, names = f"source_{index}", [f"source_{index}_{view}" for view in range(100)]
            np.save(folder / "scenes/chunk0" / f"{source}.npy", rng.random((100, 64, 64, 3), np.float32))
            exposures = rng.integers(0, 256, (100, 3, 64, 64, 3), np.uint8)
            np.save(folder / "exposures/chunk0" / f"{source}.npy", exposures)
            facts = {"source": source, "place": source, "chunk": "chunk0", "split": "train", "kept": True}
            tables.append(pd.DataFrame({"scene": names, **facts}))
            evs = {"ev": [-2.0, 0.0, 2.0] * 100, "stops": [-2.0, 0.0, 2.0] * 100}
            facts = {"metering": 0.0, "accepted": True, "response_n": 0.9, "response_sigma": 0.6}
            rows.append(pd.DataFrame({"scene": np.repeat(names, 3), **evs, **facts}))
        pd.concat(rows).to_csv(folder / "exposures/chunk0.csv", index=False)
        pd.concat(tables).to_csv(folder / "fold0/scenes.csv", index=False)
        scenes = Scenes(folder / "fold0", "train")
        for index in rng.integers(0, len(scenes), 300):
            scene = scenes[int(index)]
            support(scene, 0, scene.hdr.expand(2, -1, -1, -1))
        print(status("RssAnon"))  # the mapped arrays are the system's to drop


def main() -> None:
    torch.set_num_threads(CORES)
    print(f"{platform.machine()}, {CORES} cores, torch {torch.__version__}")
    convolution, copying = ceilings()
    print(f"ceilings: wide 3x3 convolution {convolution:.0f} GFLOP/s, copying {copying:.1f} GB/s\n")
    pipes = [get_context("spawn").Pipe() for _ in range(CORES)]
    for rank, (_, theirs) in enumerate(pipes):
        get_context("spawn").Process(target=work, args=(rank, theirs), daemon=True).start()

    def shared(way: str, size: int) -> float:
        for mine, _ in pipes:
            mine.send((way, size))
        return max([mine.recv() for mine, _ in pipes])

    print(f"{'size':>4} {'way':38} {'s':>8} {'speed-up':>8} {'GFLOP/task':>11} {'GFLOP/s':>8} {'GB/task':>8}")
    figures = {}
    for size in SIZES:
        ways = ["plain", "reference", "fast", "lean", "plain1", "fast1"]
        tasks = {way: make_task(way, size) for way in ways}
        for task in tasks.values():
            task()
        alone: dict[str, list[float]] = {way: [] for way in ways}
        together: dict[str, list[float]] = {"fast": [], "fast1": []}
        for _ in range({128: 7, 256: 5, 512: 3}[size]):
            for way, task in tasks.items():
                alone[way].append(TASKS * median(task, 1))
            for way, times in together.items():
                times.append(shared(way, size))
        rows = [(way, "2 threads", statistics.median(times)) for way, times in alone.items()]
        rows += [(way, "2 processes", statistics.median(times)) for way, times in together.items()]
        if size > 128:
            rows.append(("published", "2 threads", TASKS * median(make_task("published", size), 1)))
        base = {way: spent for way, how, spent in rows if way.startswith("plain")}
        for way, how, spent in rows:
            with FlopCounterMode(display=False) as flops, Traffic() as traffic:
                (tasks.get(way) or make_task("plain", size))()
            operations = flops.get_total_flops() / 1e9
            factor = base["plain1" if way.endswith("1") else "plain"] / spent
            figures[size, way, how] = factor
            bytes_ = traffic.total / 1e9 * (2 if way == "published" else 1)
            label = f"{way.rstrip('1')}{', first order' if way.endswith('1') else ''}, {how}"
            print(
                f"{size:4} {label:38} {spent:8.2f} {factor:8.2f} {operations:11.1f} "
                f"{TASKS * operations / spent:8.1f} {bytes_:8.2f}",
                flush=True,
            )
    for mine, _ in pipes:
        mine.send(None)

    memory = {way: measured("memory", way, "512") for way in ("plain", "reference", "fast", "lean")}
    print("\nmemory of a task at 512x512:", ", ".join(f"{way} {gib:.2f} GiB" for way, gib in memory.items()))
    few, many = measured("scenes", "100"), measured("scenes", "10000")
    print(f"drawing tasks, memory of its own: 100 scenes {few:.0f} MiB, 10,000 scenes {many:.0f} MiB\n")

    for size in SIZES:
        best = max(figures[size, "fast", how] for how in ("2 threads", "2 processes"))
        print(f"figure=meta_step_{size}_speedup value={best:.2f} target=>=1.6")
    for size in SIZES:
        best = max(figures[size, "fast1", how] for how in ("2 threads", "2 processes"))
        print(f"figure=first_order_{size}_speedup value={best:.2f} target=>=1.8")
    for size in SIZES[1:]:
        best = max(figures[size, "fast", how] for how in ("2 threads", "2 processes"))
        against = best / figures[size, "published", "2 threads"]
        print(f"figure=published_{size}_speedup value={against:.1f} target=>=15")
    print(f"figure=memory_512_share value={memory['lean'] / memory['plain']:.3f} target=<=0.40")
    print(f"figure=scenes_10000_to_100_memory value={many / few:.3f} target=<=1.05")
    if torch.cuda.is_available():
        task = make_task("fast", 512, "cuda")

        def iteration() -> None:
            for _ in range(TASKS):
                task()
            torch.cuda.synchronize()

        iteration()
        print(f"figure=paper_training_gpu_seconds value={200 * median(iteration, 5):.1f} target=<=60")
    else:
        print("no GPU here: the paper's training was not timed on one")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["memory", way, size]:
            measure_memory(way, size)
        case ["scenes", count]:
            measure_scenes(count)
        case _:
            main()
