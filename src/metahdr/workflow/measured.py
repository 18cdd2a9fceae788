"""What Snakemake measured of the jobs of each rule, and what the next ones should ask a cluster for."""

import math
from collections.abc import Container
from pathlib import Path

import pandas as pd

from metahdr.errors import UserError

SPARE_MEMORY, LEAST_MEMORY = 1.5, 500  # times what the largest job took; megabytes
SPARE_TIME, LEAST_TIME = 3, 5  # times the longest job, because nodes differ; minutes


def by_rule(benchmarks: Path, own: Container[str] | None = None) -> pd.DataFrame:
    """The benchmark files of a run, by rule.

    Args:
        benchmarks: folder of `RULE.tsv` and `RULE/JOB.tsv`; a job's name may have folders.
        own: the run's jobs, `RULE` or `RULE/JOB`; files of others, such as those of an earlier configuration, are
            left out. None: all count.

    Returns:
        Indexed by rule: `jobs`; `seconds` of all together, and of the `longest`; `megabytes` of the largest, NaN
        where every job was too short to be measured.
    """
    rows = []
    for path in sorted(benchmarks.rglob("*.tsv")):
        name = path.relative_to(benchmarks).as_posix().removesuffix(".tsv")
        if own is not None and name not in own:
            continue
        job = pd.read_csv(path, sep="\t").iloc[0]
        rows.append(
            {
                "rule": name.partition("/")[0],
                "seconds": job["s"],
                "megabytes": pd.to_numeric(job.get("max_rss"), "coerce"),
            }
        )
    measured = pd.DataFrame(rows, columns=["rule", "seconds", "megabytes"]).groupby("rule")
    return measured.agg(
        jobs=("seconds", "size"),
        seconds=("seconds", "sum"),
        longest=("seconds", "max"),
        megabytes=("megabytes", "max"),
    )


def propose(benchmarks: Path, now: dict[str, dict]) -> dict[str, dict]:
    """What jobs should ask for: megabytes in steps of 250 and minutes, with room to spare.

    Args:
        benchmarks: as `by_rule` takes it.
        now: what they ask for; rules that were not measured keep it, and so do their GPUs.

    Raises:
        UserError: there are no benchmark files, or one is of a rule that `now` does not know.
    """
    measured = by_rule(benchmarks)
    if measured.empty:
        raise UserError(f"{benchmarks}: no benchmark files; expected a folder such as results/benchmarks of a run")
    if unknown := sorted(set(measured.index) - now.keys()):
        raise UserError(f"{benchmarks}: no rules of this workflow: {', '.join(unknown)}")
    proposed = dict(now)
    for rule, row in measured.iterrows():
        found = {"runtime": max(LEAST_TIME, math.ceil(SPARE_TIME * row.longest / 60))}
        if row.megabytes > 0:
            found["mem_mb"] = max(LEAST_MEMORY, 250 * math.ceil(SPARE_MEMORY * row.megabytes / 250))
        proposed[rule] = now[rule] | found
    return proposed
