"""Parameters, seconds and memory of the benchmark's methods: python benchmarks/methods.py [METHOD ...].

Each method reconstructs one image, or merges one bracket, of 512x512 pixels and of 12 megapixels, with random
weights of its small configuration, in a process of its own. Seconds are of the second of two calls at 512x512, and
of the only one at 12 megapixels; memory is the peak. `--published` takes networks of their published sizes.
"""

import json
import resource
import subprocess
import sys
import time

from metahdr.registry import METHODS

SIZES = {"512x512": (512, 512), "12 megapixels": (3000, 4000)}
PUBLISHED = {
    "ahdrnet": {"features": 64, "growth": 32},
    "single_hdr": {"width": 1.0},
    "stack": {"width": 32},
}
STOPS = (-2.0, 0.0, 2.0)


def measure(name: str, size: str, published: bool) -> dict[str, float]:
    """Of one method, in this process: parameters, seconds, memory in GB."""
    import torch

    torch.manual_seed(0)
    height, width = SIZES[size]
    kind, count = METHODS[name], 0
    if kind.weights:
        settings = kind.settings(**(PUBLISHED.get(name, {}) if published else {}))
        network = kind.build(settings).eval()
        method, count = kind(network, settings), sum(p.numel() for p in network.parameters())
    else:
        method = kind()
    exposures = torch.rand(3 if kind.takes == "bracket" else 1, 3, height, width).mul(255).round() / 255
    for _ in range(2 if size == "512x512" else 1):
        start = time.perf_counter()
        method.reconstruct(exposures, STOPS[: len(exposures)])
        seconds = time.perf_counter() - start
    return {
        "parameters": count,
        "seconds": seconds,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }


def main() -> None:
    words = [word for word in sys.argv[1:] if word != "--published"]
    published = "--published" in sys.argv
    if len(words) == 3 and words[0] == "--one":
        print(json.dumps(measure(words[1], words[2], published)))
        return
    names = words or [name for name, method in METHODS.items() if method.by_name]
    print("| method | parameters | " + " | ".join(f"{size}: seconds | GB" for size in SIZES) + " |")
    print("|---|---:|" + "---:|---:|" * len(SIZES))
    for name in names:
        cells = []
        for size in SIZES:
            command = [sys.executable, __file__, "--one", name, size, *(["--published"] if published else [])]
            done = subprocess.run(command, capture_output=True, text=True)
            found = json.loads(done.stdout) if done.returncode == 0 else None
            cells += [f"{found['seconds']:.2f}", f"{found['memory']:.1f}"] if found else ["failed", ""]
            count = found["parameters"] if found else 0
        print(f"| `{name}` | {count:,} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
