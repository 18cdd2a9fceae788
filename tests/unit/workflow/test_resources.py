from types import SimpleNamespace

from metahdr.config.machine import Machine
from metahdr.workflow.resources import TIMES_TABLES, needs
from metahdr.workflow.shell import prefix


def asked(resources, attempt: int = 1, **files) -> tuple:
    return resources["mem_mb"](None, SimpleNamespace(**files), attempt), resources["runtime"](None, attempt)


def test_each_further_attempt_gets_twice_as_much():
    resources = needs({"mem_mb": 500, "runtime": 5})
    assert [asked(resources, attempt) for attempt in (1, 2, 3)] == [(500, 5), (1000, 10), (2000, 20)]
    assert "gpu" not in resources
    assert needs({"mem_mb": 500, "runtime": 5, "gpu": 0})["gpu"] == 0


def test_processes_that_share_a_job_need_the_memory_of_all():
    assert asked(needs({"mem_mb": 500, "runtime": 5}, processes=3)) == (1500, 5)


def test_a_job_that_joins_tables_asks_for_memory_by_their_size(tmp_path):
    table = tmp_path / "scores.csv"
    table.write_bytes(b"x" * 10_000_000)
    resources = needs({"mem_mb": 50, "runtime": 5}, tables=lambda input: [input.scores])
    assert asked(resources, scores=table) == (10 * TIMES_TABLES, 5)
    assert asked(resources, scores=tmp_path) == (50, 5), "small tables need what a job needs anyway"


def test_a_training_is_started_by_torchrun_where_processes_share_it(tmp_path):
    assert 'LAUNCH="python"' in prefix(tmp_path, Machine())
    assert 'LAUNCH="torchrun --standalone --nproc-per-node=2 --"' in prefix(tmp_path, Machine(processes=2))
    assert "srun --ntasks=3 torchrun --nnodes=3" in prefix(tmp_path, Machine(slurm_tasks=3))


def test_a_checkout_with_a_space_is_quoted_and_braces_survive_snakemakes_formatting(tmp_path):
    text = prefix(tmp_path / "it's here", Machine()).format()
    assert f"SCRIPTS='{tmp_path}/it'\"'\"'s here/workflow/scripts'" in text and "${PYTHONPATH:-}" in text
