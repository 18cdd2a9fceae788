"""Reading and writing of the tables that stages hand on to one another."""

from pathlib import Path

import pandas as pd

from metahdr.files import atomic_write

_TEXTS = ["scene", "source", "place", "chunk", "sha256", "split", "method", "label_source", "seed", "mode"]
_TEXTS += ["metric", "alignment", "region", "display", "table", "best", "evs", "perceptual_hash", "notes"]


def read_table(path: Path) -> pd.DataFrame:
    """A CSV table. Names are text, also such as 001 and null; empty cells are missing values."""
    # at once, because a column of a long table may change its type on the way: reasons among missing ones
    return pd.read_csv(
        path, dtype=dict.fromkeys(_TEXTS, str), keep_default_na=False, na_values=[""], low_memory=False
    )


def write_table(path: Path, table: pd.DataFrame, float_format: str | None = None) -> None:
    """Writes a CSV table without its index; a reader sees the old file or the new one."""
    with atomic_write(path) as part:
        table.to_csv(part, index=False, float_format=float_format)
