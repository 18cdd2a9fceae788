"""Write the HTML report and its figures, the effective configuration and the provenance of the results."""

import json
from pathlib import Path

import yaml

from metahdr.config.check import load
from metahdr.datasets.register import find_dataset
from metahdr.files import write_text
from metahdr.report.markdown import write_markdown
from metahdr.report.page import make_figures, write_page
from metahdr.report.provenance import provenance
from metahdr.report.results import Results
from metahdr.studies.benchmark.page import note
from metahdr.studies.benchmark.page import tables as field_tables
from metahdr.tables import read_table
from metahdr.training.trained_with import Asked, check_networks
from metahdr.workflow.layout import Layout
from metahdr.workflow.script import run


def main(
    data: Path,
    config: dict,
    label_models: list[Path],
    networks: list[Path],
    stages: dict,
    register: Path,
    benchmarks: Path,
    steps: Path,
    origins: Path,
    asked: dict[str, Asked],
    page: Path,
    tables: Path,
    figures: Path,
    provenance_file: Path,
    effective_config: Path,
    benchmark: Path | None = None,
) -> None:
    """`networks`: files of all networks that the run trained; `asked`: what each is asked to be, by its file;
    `stages`: digest of each stage's code; `origins`: where the scores were made; `benchmark`: its `summary.csv`,
    where the run has one."""
    check_networks(asked)
    name = config["data"]["dataset"]
    dataset = {"name": name} | find_dataset(register, name).model_dump()
    trained = {str(path.relative_to(data).with_suffix("")): path for path in networks}
    scores = json.loads(origins.read_text(encoding="utf-8"))
    jobs = Layout(load(config)).jobs
    origin = provenance(benchmarks, jobs, list(dict.fromkeys(label_models)), stages, trained, scores)
    text = yaml.safe_dump(config, sort_keys=False)
    results = Results(data, config["score"]["confidence"])
    drawn = make_figures(results, read_table(steps))
    figures.mkdir(parents=True, exist_ok=True)
    for figure in drawn.values():
        figure.write(figures)
    field = field_tables(read_table(benchmark)) if benchmark else []
    files = {
        page: write_page(results, drawn, text, dataset, origin, field, note(results.confidence)),
        tables: write_markdown(results),
        provenance_file: json.dumps(origin | {"dataset": dataset, "config": config}, indent=2) + "\n",
        effective_config: text,
    }
    for path, content in files.items():
        write_text(path, content)


if __name__ == "__main__":
    run(main)
