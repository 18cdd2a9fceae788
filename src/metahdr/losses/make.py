"""From the name of a loss to the loss."""

import inspect
from collections.abc import Callable

from torch import Tensor

from metahdr.registry import LOSSES

Loss = Callable[[Tensor, Tensor], Tensor]  # prediction and label `(N, 3, H, W)` to a scalar


def make_loss(name: str, **options: object) -> Loss:
    """The loss of that name.

    Args:
        name: in the registry of losses.
        options: the configuration's; the loss gets those that its factory declares.

    Raises:
        UserError: no loss has that name; or what its factory raises.
    """
    factory = LOSSES[name]
    declared = inspect.signature(factory).parameters
    return factory(**{option: value for option, value in options.items() if option in declared})
