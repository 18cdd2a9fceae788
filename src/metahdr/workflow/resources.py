"""What a job asks a cluster for, by `workflow/resources.yaml`."""

import os
from collections.abc import Callable
from typing import Any

# Memory of a job that joins tables, times their size on the disk: 5.4 was measured of `aggregate`.
TIMES_TABLES = 8


def needs(
    first: dict[str, int], tables: Callable[[Any], list] | None = None, processes: int = 1
) -> dict[str, Any]:
    """The resources of a rule: at each further attempt twice as much memory and time.

    Args:
        first: of the first attempt: `mem_mb`, `runtime` in minutes, and `gpu` where the rule may use one.
        tables: gives, of the job's inputs, the tables that it holds in memory, where these may be large.
        processes: that share the job: each needs the memory of one, and all may be on one node.
    """
    megabytes = first["mem_mb"] * processes

    def memory(wildcards: Any, input: Any, attempt: int) -> int:
        size = sum(map(os.path.getsize, tables(input))) / 1e6 if tables else 0
        return max(megabytes, round(TIMES_TABLES * size)) * 2 ** (attempt - 1)

    def runtime(wildcards: Any, attempt: int) -> int:
        return first["runtime"] * 2 ** (attempt - 1)

    asked = {"mem_mb": memory, "runtime": runtime}
    return asked | ({"gpu": first["gpu"]} if "gpu" in first else {})
