"""Print what the jobs of each rule should ask a cluster for, by the benchmark files of a run."""

from pathlib import Path

import yaml

from metahdr.workflow.measured import propose
from metahdr.workflow.script import run

NOW = Path(__file__).parents[1] / "resources.yaml"


def main(benchmarks: Path) -> None:
    """`benchmarks`: folder of a run's benchmark files, such as results/benchmarks."""
    text = NOW.read_text()
    print("\n".join(line for line in text.splitlines() if line.startswith("#")))
    for rule, asked in propose(benchmarks, yaml.safe_load(text)).items():
        print(f"{rule}: {{{', '.join(f'{key}: {value}' for key, value in asked.items())}}}")


if __name__ == "__main__":
    run(main)
