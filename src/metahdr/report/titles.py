"""What the report calls label sources, modes and rows of its tables."""

from metahdr.evaluation.scores import NO_RUN
from metahdr.registry import METHODS


def label_title(label_source: str) -> str:
    """`true labels`, `simulated labels`, or a method's: `ExpandNet's labels`."""
    if label_source in ("true", "simulated"):
        return f"{label_source} labels"
    return f"{METHODS[label_source].title}'s labels"


def run_title(run: str) -> str:
    return f"meta-trained with {label_title(run)}"


def cell_title(method: str, run: str, mode: str) -> str:
    """A row's title: of a meta-training run its mode, else the method."""
    if run == NO_RUN:
        return METHODS[method].title + (", from the other exposures" if mode == "stack" else "")
    return "Single-shot" if mode == "single" else f"Adapted with {label_title(mode.removeprefix('adapted_'))}"
