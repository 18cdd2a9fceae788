"""`metahdr resources`."""

from argparse import _SubParsersAction
from pathlib import Path

import yaml

from metahdr.cli.checkout import check_checkout

RESOURCES = Path("workflow/resources.yaml")


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("resources", help="print what the jobs of each rule should ask a cluster for")
    parser.add_argument("benchmarks", type=Path, help="benchmark files of a run, such as results/benchmarks")
    parser.set_defaults(call=resources)


def resources(benchmarks: Path) -> None:
    """Prints workflow/resources.yaml with its comments, and new values for the rules that were measured."""
    from metahdr.workflow.measured import propose

    check_checkout()
    text = RESOURCES.read_text(encoding="utf-8")
    proposed = propose(benchmarks, yaml.safe_load(text))
    print("\n".join(line for line in text.splitlines() if line.startswith("#")))
    for rule, asked in proposed.items():
        print(f"{rule}: {{{', '.join(f'{key}: {value}' for key, value in asked.items())}}}")
