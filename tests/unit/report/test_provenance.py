import pytest

from metahdr.report.provenance import provenance
from metahdr.training import checkpoint

HERE = {
    "commit": "c0de",
    "uncommitted changes": False,
    "python": "3.11.7",
    "libraries": {"numpy": "1", "scipy": "1"},
    "machine": "Linux",
}
ELSEWHERE = HERE | {"commit": "beef", "uncommitted changes": "unknown", "libraries": {"numpy": "1", "scipy": "2"}}


@pytest.fixture
def origin(tmp_path):
    def of(trained: dict, scored: dict, code=None, **more) -> dict:
        networks = {}
        for name, made in trained.items():
            networks[name] = tmp_path / f"{name}.pt"
            facts = {"code": f"code of {name}", "origin": made | {"device": "CPU"}}
            checkpoint.save(networks[name], {"iteration": 3}, facts)
        scores = [made | {"scores": [name]} for name, made in scored.items()]
        return provenance(tmp_path, None, [], code or {}, networks, scores) | more

    return of


def test_what_was_made_alike_is_said_once(origin):
    found = origin({"true": HERE, "simulated": HERE}, {"lut": HERE})
    assert {key: found[key] for key in HERE} == HERE
    assert found["device"] == "CPU"


def test_what_was_made_elsewhere_stands_with_what_was_made_there(origin):
    found = origin({"true": HERE, "simulated": ELSEWHERE}, {"lut": ELSEWHERE})
    assert found["commit"] == "c0de (true); beef (simulated, scores of lut)"
    assert found["libraries"] == {"numpy": "1", "scipy": "1 (true); 2 (simulated, scores of lut)"}
    assert found["machine"] == "Linux"


def test_one_change_is_a_change_of_all_and_what_is_unknown_is_not_clean(origin):
    assert origin({"true": HERE}, {"lut": ELSEWHERE})["uncommitted changes"] == "unknown"
    changed = HERE | {"uncommitted changes": True}
    assert origin({"true": ELSEWHERE}, {"lut": changed})["uncommitted changes"] is True


def test_the_code_of_each_stage_and_that_which_trained_each_network_are_recorded(origin):
    found = origin({"true": HERE}, {}, {"meta_train": "c0de", "score": "beef"})
    assert found["code"] == {"meta_train": "c0de", "score": "beef"}
    assert found["networks' code"] == {"true": "code of true"}


def test_label_models_and_the_seconds_of_the_runs_own_jobs_are_recorded(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "label").mkdir()
    for job, seconds in (("chunk0", 12.3456), ("chunk9", 100)):  # the second of an earlier configuration
        (tmp_path / "label" / f"{job}.tsv").write_text(
            f"s\th:m:s\tmax_rss\n{seconds}\t0:00:12\t-\n", encoding="utf-8"
        )
    found = provenance(tmp_path, {"label/chunk0"}, [tmp_path / "file"], {}, {}, [])
    assert found["stages"] == {"label": {"jobs": 1, "seconds": 12.3, "longest": 12.3, "megabytes": None}}
    # the SHA-256 of "abc", FIPS 180-2, appendix B.1
    assert found["label models"] == "file, sha256 " + (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
