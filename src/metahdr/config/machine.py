"""Section `machine`."""

from metahdr.config.base import Count, Section


class Machine(Section):
    """How jobs are cut and spread over cores, GPUs and nodes."""

    threads: Count = 1
    """threads of every stage that runs a network; with 1, two cores do two trainings side by side. Another
    number changes the order of sums, and so the last digits of results"""

    processes: Count = 1
    """processes that torchrun starts for a meta-training; they share its tasks, each with a GPU where there are
    any. Results are the same for every number"""

    slurm_tasks: Count = 1
    """Slurm tasks that a meta-training is spread over, on as many nodes as the profile says; each starts as
    many processes as above (docs/cluster.md)"""

    chunk: Count = 200
    """sources that one job takes, on average at most, where it does not need all of them; results are the same
    for every number"""
