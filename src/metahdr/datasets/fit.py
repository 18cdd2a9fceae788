"""What a configuration asks of its dataset that the dataset does not have."""

from collections.abc import Callable
from pathlib import Path

from metahdr.config.base import Section
from metahdr.config.expose import Expose
from metahdr.config.split import Split
from metahdr.datasets.layouts import check_exposures, find_sources
from metahdr.datasets.register import Dataset, find_entry
from metahdr.errors import UserError


def mistakes(sections: dict[str, Section]) -> list[str]:
    """One line each, of a configuration that is wrong elsewhere.

    Args:
        sections: those that are right by themselves, by name.
    """
    if "data" not in sections:
        return []
    lines: list[str] = []
    data = sections["data"]
    dataset = _noting(lines, lambda: find_entry(Path(data.register_file), data.dataset))
    return lines + unmet(dataset, sections.get("split"), sections.get("expose")) if dataset else lines


def unmet(dataset: Dataset, split: Split | None, expose: Expose | None) -> list[str]:
    """The keys of two sections that ask what the dataset does not have, a line each.

    Args:
        split: None: nothing is asked; so with `expose`.
    """
    lines: list[str] = []
    if split:
        _noting(lines, lambda: dataset.split(split))
    if expose and dataset.files:
        _noting(lines, lambda: check_exposures(find_sources(dataset.kind, dataset.names), expose.evs))
    return lines


def _noting(lines: list[str], call: Callable[[], Dataset | None]) -> Dataset | None:
    """What a call returns; the mistake that it refuses becomes a line instead."""
    try:
        return call()
    except UserError as error:
        lines.append(f"  {error}")
        return None
