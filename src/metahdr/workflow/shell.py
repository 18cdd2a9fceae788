"""The shell variables of every job."""

import shlex
from pathlib import Path

from metahdr.config.machine import Machine

_MALLOC = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=4294967296"


def prefix(checkout: Path, machine: Machine) -> str:
    """What each command begins with, for Snakemake's `shell.prefix`; as variables they make no job run again.

    PYTHONPATH: the library is found where it is not installed, too. SCRIPTS: the folder of the scripts. LAUNCH:
    starts a meta-training in one process, or in several that share its tasks; the results are the same.
    GLIBC_TUNABLES: malloc keeps its memory and asks for huge pages; a meta-iteration takes a fifth less time and
    gives the same bits.

    Args:
        checkout: the folder of the Snakefile.
    """
    source, scripts = (shlex.quote(str(checkout / name)) for name in ("src", "workflow/scripts"))
    text = (
        f'export PYTHONPATH={source}:"${{PYTHONPATH:-}}" GLIBC_TUNABLES="${{GLIBC_TUNABLES:-{_MALLOC}}}"'
        f' SCRIPTS={scripts} LAUNCH="{_launch(machine)}"; '
    )
    return text.replace("{", "{{").replace("}", "}}")  # Snakemake formats it


def _launch(machine: Machine) -> str:
    if machine.slurm_tasks > 1:  # they meet at the first node of the job, at a port of the job's own
        return (
            f"srun --ntasks={machine.slurm_tasks} torchrun --nnodes={machine.slurm_tasks}"
            f" --nproc-per-node={machine.processes} --rdzv-backend=c10d --rdzv-id=${{SLURM_JOB_ID:-0}}"
            " --rdzv-endpoint=$(hostname):$((20000 + ${SLURM_JOB_ID:-0} % 10000)) --"
        )
    return f"torchrun --standalone --nproc-per-node={machine.processes} --" if machine.processes > 1 else "python"
