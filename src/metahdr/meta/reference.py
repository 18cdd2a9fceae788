"""learn2learn's MAML, imported without the warnings and errors of the packages that it imports."""

import gym_notices.notices

import metahdr.nets.torchvision_cpu  # noqa: F401  before learn2learn, which imports torchvision

gym_notices.notices.notices.clear()  # else gym prints a notice about its maintenance
from learn2learn.algorithms import MAML  # noqa: E402

__all__ = ["MAML"]
