"""TensorBoard: the history of a meta-training as curves, while it grows."""

from collections.abc import Callable
from pathlib import Path

from metahdr.errors import UserError


def open_board(folder: Path, history: list[dict]) -> Callable[[dict], None]:
    """A function that adds a row of the history to a new event file.

    Args:
        folder: of the event files; those of earlier attempts give way to the new one.
        history: the rows that a resumed training brings along.

    Raises:
        UserError: the package tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise UserError(
            "meta.tensorboard: found true, but the package tensorboard is not installed; "
            "pip install tensorboard, or set the key to false"
        ) from None
    writer = SummaryWriter(folder, purge_step=0)

    def add(row: dict) -> None:
        for name, value in row.items():
            if name != "iteration":
                writer.add_scalar(name, value, row["iteration"])
        writer.flush()  # a training may end at any moment

    for row in history:
        add(row)
    return add
