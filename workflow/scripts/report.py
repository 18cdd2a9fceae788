"""Write the HTML report, the effective configuration and the provenance of the results."""

import json
from pathlib import Path

import yaml

from metahdr.datasets.register import find_dataset
from metahdr.files import atomic_write
from metahdr.report.page import write_page
from metahdr.report.provenance import provenance
from metahdr.script import run


def main(
    data: Path,
    runs: list[str],
    config: dict,
    label_models: list[Path],
    stages: dict,
    register: Path,
    benchmarks: Path,
    page: Path,
    provenance_file: Path,
    effective_config: Path,
) -> None:
    """`stages`: digest of each stage's code."""
    name = config["data"]["dataset"]
    dataset = {"name": name} | find_dataset(register, name).model_dump()
    networks = {run: data / run / "best.pt" for run in runs}
    networks |= {model.name: model for model in label_models if model.parent == data}  # trained in the run
    origin = provenance(benchmarks, label_models, stages, networks)
    text = yaml.safe_dump(config, sort_keys=False)
    files = {
        page: write_page(data, runs, text, dataset, origin),
        provenance_file: json.dumps(origin | {"dataset": dataset, "config": config}, indent=2) + "\n",
        effective_config: text,
    }
    for path, content in files.items():
        with atomic_write(path) as part:
            part.write_text(content)


if __name__ == "__main__":
    run(main)
