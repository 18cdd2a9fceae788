"""HDR-CNN."""

from pathlib import Path

from metahdr.config.hdrcnn import HDRCNNTraining
from metahdr.methods.base import Method
from metahdr.training.inputs import TrainingInputs


class HDRCNN(Method):
    """HDR-CNN (Eilertsen et al. 2017)."""

    name, title, citation, takes, scale = "hdrcnn", "HDR-CNN", "Eilertsen et al. 2017", "single", "exposure"
    weights = ("shipped", "train")
    settings = HDRCNNTraining

    @classmethod
    def train(cls, inputs: TrainingInputs, model: Path, history: Path) -> None:
        from metahdr.methods.hdrcnn.trainer import train

        train(inputs, model, history)
