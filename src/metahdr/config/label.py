"""Section `label`, and the names of label sources."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo, field_validator

from metahdr.config.base import Section
from metahdr.errors import nearest
from metahdr.registry import METHODS, MethodName


def _check_label_source(name: str) -> str:
    if name not in ("true", "simulated"):
        _check_name(name, "label sources", ["true", "simulated", *METHODS])
        _check_labels(name)
    return name


def _check_single(name: str) -> str:
    _check_labels(name)
    if METHODS[name].takes != "single":
        raise ValueError("this method takes a stack of exposures; labels are simulated from single ones")
    return name


def _check_labels(name: str) -> None:
    """Refuses what can be no label of a support exposure.

    Raises:
        ValueError: the method is adapted with labels, is an oracle, or uses the exposure that is held out.
    """
    method = METHODS[name]
    if method.adapts:
        raise ValueError("this method needs labels itself; give another one")
    if method.is_oracle():
        raise ValueError("this method is an oracle, which is told what no photograph tells; give another one")
    if method.takes == "bracket":
        raise ValueError("this method uses the exposure that is held out; give another one")


def labellers() -> list[str]:
    """The methods that label single exposures."""
    return [
        name
        for name, method in METHODS.items()
        if method.takes == "single" and not method.adapts and not method.is_oracle()
    ]


def _check_name(name: str, kind: str, known: Sequence[str]) -> None:
    if name not in known:
        raise ValueError(f"not one of the {kind}; {nearest(name, known)}")


LabelSource = Annotated[str, METHODS, AfterValidator(_check_label_source)]


class Label(Section):
    """The simulated HDR labels."""

    method: Annotated[MethodName, AfterValidator(_check_single)] = "hdrcnn"
    """name of a method that takes single exposures; it labels every exposure"""

    weights: str | None = None
    """name of the method's weight file; hdrcnn: shipped, train (trained in the run on its training scenes), or
    the authors' official, official_compr, official_compr_regularized; null: the method's first"""

    half: bool | None = None
    """compute in half precision, on GPUs and on CPUs with bfloat16; null: on GPUs only"""

    compile: bool = False
    """compile the network first, which pays for thousands of images of one size"""

    @field_validator("weights")
    @classmethod
    def _belong_to_the_method(cls, weights: str | None, info: ValidationInfo) -> str | None:
        method = info.data.get("method")
        if weights is not None and method is not None:
            if not METHODS[method].weights:
                raise ValueError(f"{method} needs no weights; give null")
            _check_name(weights, f"weights of {method}", METHODS[method].weights)
        return weights
