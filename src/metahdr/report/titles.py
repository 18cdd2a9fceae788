"""What the report calls label sources, methods, modes and the groups of its tables."""

from metahdr.evaluation.scores import NONE
from metahdr.methods.base import CALIBRATED
from metahdr.registry import METHODS

ALIGNMENTS = {"plain": "as predicted", "scale": "one scale aligned", "crf": "camera response corrected"}
REGIONS = {"all": "all pixels", "clipped": "pixels clipped in the input", "unclipped": "pixels not clipped"}
VARIANTS = {
    "joint": "Joint training",
    "published": "MetaHDR as published",
    "lpips": "LPIPS loss",
    "lpips_l1": "LPIPS + ℓ1 loss",
}


def label_title(label_source: str) -> str:
    """`true labels`, `simulated labels`, or a method's: `ExpandNet's labels`."""
    if label_source in ("true", "simulated"):
        return f"{label_source} labels"
    return f"{METHODS[label_source].title}'s labels"


def method_title(method: str) -> str:
    """A method's own; a variant of meta-training has its name in the configuration."""
    return METHODS[method].title if method in METHODS else VARIANTS.get(method, f"Variant {method}")


def cell_title(method: str, label_source: str, mode: str) -> str:
    """What sentences call a cell: `MetaHDR, adapted with true labels`."""
    title = short_title(method, label_source, mode)
    return f"{title} with {label_title(_labels(mode))}" if _labels(mode) else title


def short_title(method: str, label_source: str, mode: str) -> str:
    """What tables and pictures call a cell: `MetaHDR, adapted`; a baseline's mode only where it adapts."""
    own = "" if label_source == NONE else "single shot"
    name = {"single": own, CALIBRATED: mode}.get(mode, "adapted" if _labels(mode) else own)
    return ", ".join(filter(None, (method_title(method), name)))


def detail_title(label_source: str, mode: str) -> str:
    """A table's second line: `to simulated labels; trained with true labels`."""
    parts = [f"to {label_title(_labels(mode))}"] if _labels(mode) else []
    parts += [] if label_source == NONE else [training_title(label_source)]
    return "; ".join(parts)


def training_title(label_source: str) -> str:
    """How a network was meta-trained."""
    return f"trained with {label_title(label_source)}"


def _labels(mode: str) -> str:
    """The label source that a mode adapts with; empty for others."""
    return mode.removeprefix("adapted_") if mode.startswith("adapted_") else ""
