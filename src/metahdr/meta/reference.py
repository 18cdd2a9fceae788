"""learn2learn's MAML, imported without the noise and the trouble of what it imports."""

import gym_notices.notices

import metahdr.torchvision_cpu  # noqa: F401  before learn2learn, which imports torchvision

gym_notices.notices.notices.clear()  # gym prints advice about itself
from learn2learn.algorithms import MAML  # noqa: E402

__all__ = ["MAML"]
