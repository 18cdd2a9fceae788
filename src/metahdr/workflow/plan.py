"""What Snakemake says that it would run."""

import re


def jobs(said: str) -> dict[str, int]:
    """The rules that have work, with their numbers of jobs, in the output of `snakemake --dry-run`."""
    table = said.partition("Job stats:")[2].partition("total")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}
