import pytest

from metahdr.errors import UserError
from metahdr.workflow.measured import by_rule, propose

HEADER = "s\th:m:s\tmax_rss\tmax_vms\n"
NOW = {
    "label": {"mem_mb": 2000, "runtime": 10, "gpu": 1},
    "score": {"mem_mb": 2000, "runtime": 10},
    "split": {"mem_mb": 3000, "runtime": 15},
}


@pytest.fixture
def benchmarks(tmp_path):
    rows = {
        "label.tsv": "650.0\t0:10:50\t1100.5\t2000",
        "score/fold0/methods/ldr.tsv": "2.5\t0:00:02\t310.0\t900",
        "score/fold0/methods/lut.tsv": "1.25\t0:00:01\t-\t-",
    }
    for name, row in rows.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEADER}{row}\n", encoding="utf-8")
    return tmp_path


def test_jobs_are_counted_and_measured_by_rule(benchmarks):
    table = by_rule(benchmarks)
    assert table.loc["score"].to_dict() == {"jobs": 2, "seconds": 3.75, "longest": 2.5, "megabytes": 310.0}
    assert table.loc["label"].to_dict() == {"jobs": 1, "seconds": 650.0, "longest": 650.0, "megabytes": 1100.5}


def test_what_is_proposed_leaves_room_and_keeps_what_was_not_measured(benchmarks):
    """1.5 x 1100.5 = 1651 MB, 3 x 650 s = 32.5 minutes."""
    assert propose(benchmarks, NOW) == {
        "label": {"mem_mb": 1750, "runtime": 33, "gpu": 1},
        "score": {"mem_mb": 500, "runtime": 5},
        "split": NOW["split"],
    }


def test_a_folder_of_something_else_is_refused(benchmarks, tmp_path):
    with pytest.raises(UserError, match="no benchmark files"):
        propose(benchmarks / "score/fold0/none", NOW)
    (benchmarks / "another.tsv").write_text(f"{HEADER}1\t0:00:01\t1\t1\n", encoding="utf-8")
    with pytest.raises(UserError, match="no rules of this workflow: another"):
        propose(benchmarks, NOW)
