"""The modes of a method's reconstructions, and what each is made of; the rules ask for them, without torch."""

from metahdr.methods.base import Method


def modes(method: type[Method] | Method, label_sources: list[str]) -> list[str]:
    """The modes of a method's reconstructions.

    `single`: from the held-out exposure alone; `adapted_<label source>`: the same, after adaptation to the other
    exposures with these labels; `stack`: from several exposures, of which a method that takes a bracket has the
    held-out one too.
    """
    first = {"single": ["single"], "stack": ["stack"], "bracket": ["stack"], "labels": []}[method.takes]
    return first + [f"adapted_{source}" for source in label_sources if method.adapts]


def inputs(method: type[Method] | Method, mode: str) -> frozenset[str]:
    """What a reconstruction is made of: the method's `uses`, and what adaptation adds.

    Adaptation adds the `support` set. With true labels it also adds their truth, `support_truth`, which in a scene
    without motion is the truth itself. A method is a fair baseline of another if its inputs are a subset of the
    other's.
    """
    if not mode.startswith("adapted_"):
        return method.uses
    return method.uses | {"support"} | ({"support_truth"} if mode == "adapted_true" else set())
