"""Reading and writing of the tables that stages hand on to one another."""

from pathlib import Path

import pandas as pd

from metahdr.files import atomic_write

_NAMES = dict.fromkeys(("scene", "source", "sha256", "split", "method", "run", "mode", "arm", "metric"), str)


def read_table(path: Path) -> pd.DataFrame:
    """A CSV table. Names are text, also such as 001 and null; empty cells are missing values."""
    return pd.read_csv(path, dtype=_NAMES, keep_default_na=False, na_values=[""])


def write_table(path: Path, table: pd.DataFrame, float_format: str | None = None) -> None:
    """Writes a CSV table without its index; a reader sees the old file or the new one."""
    with atomic_write(path) as part:
        table.to_csv(part, index=False, float_format=float_format)
