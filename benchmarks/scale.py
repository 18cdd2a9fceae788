"""The workflow at ten thousand scenes: python benchmarks/scale.py (half an hour on two idle cores).

Each scene is a photograph, 64x64, all of them hard links to one. First a dry run of everything, trainings
included. Then 100, 1,000 and 10,000 scenes go through retrieval, preparation, exposure, split, labels,
reconstruction and scores, with x^2 as a stand-in for networks. Then one more scene is planned. docs/cluster.md
has the tables. The last lines are the figures.
"""

import csv
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pandas as pd
import psutil
import yaml

from metahdr.datasets.chunks import chunks
from metahdr.files import sha256
from metahdr.workflow.measured import by_rule
from metahdr.workflow.plan import jobs

ROOT = Path(__file__).parents[1]
SIZES = (100, 1000, 10_000)
SIDE, CHUNK = 64, 200
STAGES = ("retrieve", "prepare", "expose", "split", "label", "reconstruct", "score")
FACTS = dict.fromkeys(("title", "licence", "citation", "homepage"), "many") | {"version": "1"}
CONFIG = {
    "machine": {"chunk": CHUNK},
    "prepare": {"size": SIDE},
    "split": {"join_duplicates": False},  # links are duplicates
    "label": {"method": "gamma_2"},
    "score": {"metrics": ["psnr", "ssim", "pu21_psnr"]},
}


def photograph(path: Path) -> None:
    """Noise in several octaves, which looks like a scene to all filters."""
    rng, image = np.random.default_rng(0), np.zeros((SIDE, SIDE, 3), np.float32)
    for side in (4, 8, 16, 32):
        image += cv2.resize(rng.normal(size=(side, side, 3)).astype(np.float32), (SIDE, SIDE))
    cv2.imwrite(str(path), np.exp(1.5 * image))


class Checkout:
    """A copy of the workflow with a register of `count` scenes."""

    def __init__(self, folder: Path, count: int):
        self.folder = folder
        for name in ("Snakefile", "environment.yml", "workflow", "src", "config"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        self.names = [f"scene_{number:05}" for number in range(count)]
        self.raw = folder / "data/raw/many"
        self.raw.mkdir(parents=True)
        photograph(self.raw / "first.hdr")
        register = {"many": FACTS | {"kind": "photographs"}}
        (folder / "config/many.yaml").write_text(yaml.safe_dump(register), encoding="utf-8")
        config = CONFIG | {"data": {"dataset": "many", "register": "config/many.yaml"}}
        (folder / "scale.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self.record()

    def record(self) -> None:
        """Links the raw files of all scenes and records them."""
        first = self.raw / "first.hdr"
        digest, size = sha256(first), first.stat().st_size
        table = self.folder / "config/files/many.csv"
        table.parent.mkdir(exist_ok=True)
        for name in self.names:
            if not (path := self.raw / f"{name}.hdr").exists():
                os.link(first, path)
        with table.open("w", newline="", encoding="utf-8") as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(["name", "sha256", "size", "place"])
            rows.writerows([f"{name}.hdr", digest, size, ""] for name in self.names)

    def targets(self) -> list[str]:
        folders = ("labels/simulated/{}", "methods/gamma_2/scores/{}.csv")
        found = chunks(self.names, CHUNK)
        return [f"results/many/fold0/{folder.format(chunk)}" for folder in folders for chunk in found]

    def snakemake(self, *arguments: str) -> tuple[str, float, float]:
        """What it says, its seconds, and the most megabytes that it had."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "scale.yaml", *arguments]
        start = time.monotonic()
        process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
        )
        most = [0.0]
        threading.Thread(target=watch, args=(psutil.Process(process.pid), most), daemon=True).start()
        said = process.communicate()[0]
        if process.returncode:
            sys.exit(said[-4000:])
        return said, time.monotonic() - start, most[0]

    def planned(self, *targets: str) -> dict[str, int]:
        said, *_ = self.snakemake("--dry-run", "--quiet", "rules", "--", *targets)
        return jobs(said)


def watch(process: psutil.Process, most: list[float]) -> None:
    while True:
        try:
            most[0] = max(most[0], process.memory_info().rss / 1e6)
        except psutil.Error:
            return
        time.sleep(0.05)


def main() -> None:
    figures, costs, counts = {}, {}, {}
    for size in SIZES:
        with TemporaryDirectory() as name:
            checkout = Checkout(Path(name), size)
            said, seconds, megabytes = checkout.snakemake("--dry-run", "--quiet", "rules")
            counts[size] = {"jobs": sum(jobs(said).values()), "dry run s": seconds, "dry run MB": megabytes}
            _, wall, _ = checkout.snakemake("--", *checkout.targets())
            measured = by_rule(checkout.folder / "results/benchmarks").loc[list(STAGES)]
            costs[size] = 1000 * measured.seconds / size
            counts[size] |= {"ms a scene": costs[size].sum(), "wall s": wall}
            counts[size] |= {f"{stage} MB": measured.megabytes[stage] for stage in STAGES}
            if size == SIZES[-1]:
                checkout.names.append("another")
                checkout.record()
                more = checkout.planned(*checkout.targets())
                figures |= {f"one_more_scene_{stage}_jobs": (more[stage], 1) for stage in STAGES[:5]}
                print("one more scene:", ", ".join(f"{count} {rule}" for rule, count in more.items()))
    print(pd.DataFrame(counts).round(1).to_string())
    print("milliseconds a scene\n" + pd.DataFrame(costs).round(1).to_string())
    largest = counts[SIZES[-1]]
    print(f"figure=dry_run_10000_seconds value={largest['dry run s']:.1f} target=<=20")
    print(f"figure=dry_run_10000_megabytes value={largest['dry run MB']:.0f} target=<=1000")
    totals = {size: cost.sum() for size, cost in costs.items()}
    print(f"figure=cost_per_scene_10000_to_100 value={totals[10_000] / totals[100]:.2f} target=<=1.3")
    print(f"figure=cost_per_scene_10000_to_1000 value={totals[10_000] / totals[1000]:.2f} target=<=1.3")
    for figure, (value, target) in figures.items():
        print(f"figure={figure} value={value} target=<={target}")


if __name__ == "__main__":
    main()
