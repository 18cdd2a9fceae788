"""Where every number comes from: data, code, and the commit, libraries and machine that made it."""

from collections.abc import Container
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from metahdr.errors import listed
from metahdr.files import sha256
from metahdr.weights.facts import read_facts
from metahdr.workflow.git import UNKNOWN
from metahdr.workflow.measured import by_rule


def provenance(
    benchmarks: Path,
    jobs: Container[str] | None,
    label_models: list[Path],
    code: dict[str, str],
    networks: dict[str, Path],
    scores: list[dict],
) -> dict:
    """Code, label models, the seconds and megabytes of each stage, and commit, libraries and machine.

    The last are those of the jobs that trained and scored, as they recorded them. Where they differ, each value
    stands with what was made with it.

    Args:
        benchmarks, jobs: folder of the benchmark files, and the run's jobs, as `by_rule` takes them.
        label_models: weight files of the label sources.
        code: digest of each stage's code (`metahdr.workflow.code`).
        networks: file of each network that the run trained, by name.
        scores: the different origins of its scores (`evaluation.scores.join_origins`).
    """
    facts = {name: read_facts(path) for name, path in networks.items()}
    origins = {name: each["origin"] for name, each in facts.items()}
    for each in scores:
        origins |= {f"scores of {name}": each for name in each["scores"]}
    changed = {str(each["uncommitted changes"]) for each in origins.values()}
    stages = by_rule(benchmarks, jobs)
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _joined(origins, "commit"),
        "uncommitted changes": True if "True" in changed else UNKNOWN if UNKNOWN in changed else False,
        "code": code,
        "networks' code": {name: each["code"] for name, each in facts.items()},
        "python": _joined(origins, "python"),
        "libraries": _joined_libraries(origins),
        "machine": _joined(origins, "machine"),
        "label models": "; ".join(f"{path.name}, sha256 {sha256(path)}" for path in label_models),
        "device": _joined({name: each for name, each in origins.items() if "device" in each}, "device"),
        "stages": stages.round(1).astype(object).replace(np.nan, None).to_dict("index"),
    }


def _joined(origins: dict[str, dict[str, Any]], key: str) -> str:
    """The value that all origins have; where they differ, each value with what was made with it."""
    made: dict[str, list[str]] = {}
    for name, origin in origins.items():
        made.setdefault(origin[key], []).append(name)
    return next(iter(made)) if len(made) == 1 else "; ".join(f"{value} ({_names(made[value])})" for value in made)


def _joined_libraries(origins: dict[str, dict[str, Any]]) -> dict[str, str]:
    versions = {name: origin["libraries"] for name, origin in origins.items()}
    return {library: _joined(versions, library) for library in next(iter(versions.values()), {})}


def _names(names: list[str]) -> str:
    return ", ".join(listed(names, 3))
