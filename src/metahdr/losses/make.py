"""From the name of a loss to the loss."""

import inspect
from collections.abc import Callable
from functools import partial

from torch import Tensor

from metahdr.registry import LOSSES

Loss = Callable[[Tensor, Tensor], Tensor]  # prediction and label `(N, 3, H, W)` to a scalar


def make_loss(name: str, **options: object) -> Loss:
    """The loss of that name; of the configuration's options it is given those that it takes as arguments.

    Raises:
        UserError: no loss has that name.
    """
    loss = LOSSES[name]
    declared = inspect.signature(loss).parameters
    return partial(loss, **{option: value for option, value in options.items() if option in declared})
