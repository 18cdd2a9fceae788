"""Speed and memory of HDR-CNN at full width: python benchmarks/hdrcnn.py (three minutes on an idle machine).

All times are medians of one run on two threads; the ratios hold better than the seconds. The last lines are the
figures.
"""

import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from metahdr.labels.simulate import median_error, simulate_labels, write_labels
from metahdr.methods.hdrcnn import HDRCNN
from metahdr.nets.expandnet import ExpandNet
from metahdr.nets.hdrcnn import HDRCNN as Network
from metahdr.scenes.scene import Scenes

THREADS, SIDE = 2, 512
HAS_BFLOAT16 = any(torch.cpu.get_capabilities().get(name) for name in ("amx_bf16", "avx512_bf16"))


def make_network() -> Network:
    """HDR-CNN at width 1; the statistics of its batch normalisation belong to its weights."""
    torch.manual_seed(0)
    network = Network().train()
    with torch.no_grad():
        for _ in range(3):
            network.log_prediction(make_images(2, 64))
        network.head_norm.bias.fill_(2.0)  # so that its last ReLU lets most values pass
    return network.eval()


def make_images(count: int, side: int) -> torch.Tensor:
    """Smooth random images, a tenth saturated."""
    coarse = torch.rand(count, 3, side // 16, side // 16)
    image = torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic")
    return (image / image.quantile(0.9) if side < 1000 else image / 0.9).clamp(0, 1)


def seconds(*functions: Callable[[], object], repeats: int = 5) -> list[float]:
    """Median time of each function; they take turns, so that a noisy neighbour meets all of them."""
    times: list[list[float]] = [[] for _ in functions]
    for repeat in range(repeats + 1):
        for function, measured in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            if repeat:  # the first warms up
                measured.append(time.perf_counter() - start)
    return [statistics.median(measured) for measured in times]


def measured(what: str) -> float:
    """What this script's own subcommand measures in a process of its own."""
    output = subprocess.run(
        [sys.executable, __file__, what], capture_output=True, encoding="utf-8", check=True
    ).stdout
    return float(output)


def measure_labelling(count: int) -> None:
    """Prints the memory of its own, in MiB, that a process has after labelling `count` scenes."""
    with tempfile.TemporaryDirectory() as name:
        folder, names = Path(name), [f"scene_{index:05}" for index in range(count)]
        (folder / "fold0").mkdir()
        (folder / "scenes/chunk0").mkdir(parents=True)
        (folder / "exposures/chunk0").mkdir(parents=True)
        rng = np.random.default_rng(0)
        np.save(folder / "scenes/chunk0/a.npy", rng.random((count, 64, 64, 3), np.float32))
        np.save(folder / "exposures/chunk0/a.npy", rng.integers(0, 256, (count, 3, 64, 64, 3), np.uint8))
        table = {"scene": names, "source": "a", "place": "a", "chunk": "chunk0", "split": "train", "kept": True}
        pd.DataFrame(table).to_csv(folder / "fold0/scenes.csv", index=False)
        evs = {"ev": [-2.0, 0.0, 2.0] * count, "stops": [-2.0, 0.0, 2.0] * count}
        facts = {"metering": 0.0, "accepted": True, "response_n": 0.9, "response_sigma": 0.6}
        exposures = {"scene": np.repeat(names, 3), **evs, **facts}
        pd.DataFrame(exposures).to_csv(folder / "exposures/chunk0.csv", index=False)
        write_labels(HDRCNN(Network(1 / 64).eval()), Scenes(folder / "fold0", None), folder / "labels")
        # the mapped arrays are the system's to drop
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        print(int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024)


def measure_memory(what: str) -> None:
    name, side = what.split("_")
    if name == "labels":
        measure_labelling(int(side))
        return
    torch.set_num_threads(THREADS)
    x = make_images(1, int(side))
    with torch.inference_mode():
        if name == "hdrcnn":
            HDRCNN(Network().eval()).reconstruct(x, [0.0])
        elif name == "expandnet":
            ExpandNet().eval()(x)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20))


@torch.inference_mode()
def eager(network: Network, x: torch.Tensor) -> torch.Tensor:
    return network(x)


def main() -> None:
    torch.set_num_threads(THREADS)
    network, x = make_network(), make_images(1, SIDE)
    fused, compiled = HDRCNN(network), HDRCNN(network)
    compiled.compile()
    ways: dict[str, Callable[[], torch.Tensor]] = {
        "eager, float32": lambda: eager(network, x),
        "fused batch norm, channels last": lambda: simulate_labels(fused, x, [0.0]),
        "the same, compiled": lambda: simulate_labels(compiled, x, [0.0]),
    }
    if HAS_BFLOAT16:
        ways["fused, channels last, bfloat16"] = lambda: simulate_labels(fused, x, [0.0], half=True)
    times = dict(zip(ways, seconds(*ways.values()), strict=True))
    reference = ways["eager, float32"]()
    print(f"{platform.machine()}, {THREADS} threads, torch {torch.__version__}, {SIDE}x{SIDE}, width 1\n")
    print(f"{'way':34} {'s/image':>8} {'ratio':>6} {'median relative error':>22}")
    for way, spent in times.items():
        error = median_error(ways[way](), reference, x)
        print(f"{way:34} {spent:8.2f} {times['eager, float32'] / spent:6.2f} {error:22.1e}")
    half_error = median_error(simulate_labels(fused, x, [0.0], half=True), reference, x)
    print(f"\nbfloat16: median relative error {half_error:.1e}; other weights may do worse (half_is_safe)")
    if not HAS_BFLOAT16:
        print("this CPU has no bfloat16 instructions: its speed was not measured")

    base, hdrcnn, expandnet = measured("nothing_32"), measured("hdrcnn_1024"), measured("expandnet_1024")
    per_pixel = (expandnet - base) * (1 << 30) / 1024**2
    print(f"\npeak memory at 1024x1024: HDR-CNN {hdrcnn:.2f} GiB, ExpandNet {expandnet:.2f} GiB")
    print(f"ExpandNet: {per_pixel:.0f} bytes a pixel (expandnet.BYTES_PER_PIXEL); without network: {base:.2f} GiB")

    few, many = measured("labels_200"), measured("labels_2000")
    print(f"labelling, memory of its own: 200 scenes {few:.0f} MiB, 2000 scenes {many:.0f} MiB")

    fastest = min(times.values())
    print(f"figure=hdrcnn_512_seconds value={fastest:.3f} target=<=0.9")
    print(f"figure=hdrcnn_512_speedup value={times['eager, float32'] / fastest:.2f} target=>=1.67")
    print(f"figure=hdrcnn_1024_gb value={hdrcnn * 1.073741824:.2f} target=<=2.5")
    print(f"figure=hdrcnn_bfloat16_error value={half_error:.5f} target=<=0.005")
    print(f"figure=labelling_memory_2000_to_200_scenes value={many / few:.3f} target=<=1.05")
    if torch.cuda.is_available():
        images, on_gpu = make_images(16, SIDE).cuda(), HDRCNN(network.cuda())
        (spent,) = seconds(lambda: simulate_labels(on_gpu, images, [0.0] * len(images), half=True).cpu())
        print(f"figure=hdrcnn_gpu_images_per_second value={len(images) / spent:.0f} target=>=100")
    else:
        print("no GPU here: images per second on a GPU were not measured")


if __name__ == "__main__":
    measure_memory(sys.argv[1]) if len(sys.argv) > 1 else main()
