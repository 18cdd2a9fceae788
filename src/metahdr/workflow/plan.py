"""What Snakemake says that it would run."""

import re


def jobs(said: str) -> dict[str, int]:
    """The rules that have work, with their numbers of jobs, in the output of `snakemake --dry-run`."""
    table = said.partition("Job stats:")[2].partition("total")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


def missing(said: str) -> list[str]:
    """The outputs that are not there, in the output of `snakemake --summary`, though nothing needs them."""
    rows = [line.split("\t") for line in said.splitlines()]
    return [row[0] for row in rows if len(row) == 6 and row[4] == "missing"]
