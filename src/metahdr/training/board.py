"""TensorBoard: the history of a training as curves, while it grows."""

from collections.abc import Callable
from pathlib import Path

from metahdr.errors import UserError


def open_board(folder: Path, step_name: str, history: list[dict]) -> Callable[[dict], None]:
    """Starts a new event file and returns a function that adds a row of the history to it.

    Args:
        folder: of the event files; TensorBoard no longer shows those of earlier attempts.
        step_name: the column that numbers the rows.
        history: rows from before the training was resumed; they are added at once.

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
            if name != step_name:
                writer.add_scalar(name, value, row[step_name])
        writer.flush()  # a training may end at any moment

    for row in history:
        add(row)
    return add
