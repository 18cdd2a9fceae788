"""MetaHDR."""

from pathlib import Path

from metahdr.config.meta import Meta
from metahdr.methods.base import Method
from metahdr.training.inputs import TrainingInputs


class MetaHDR(Method):
    """MetaHDR (Pan and Vento 2021)."""

    name, title, citation, takes, scale = "metahdr", "MetaHDR", "Pan and Vento 2021", "single", "scene"
    adapts = True
    weights = ("train",)
    settings = Meta

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        from metahdr.meta.trainer import train

        train(inputs, model, history)
