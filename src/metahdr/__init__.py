"""MetaHDR: reproducible HDR reconstruction with meta-learning.

`metahdr.reconstruct` makes HDR images of photographs: `metahdr/photographs/arrays.py`.
"""

from importlib import import_module
from typing import Any

_LATE = {"reconstruct": "metahdr.photographs.arrays"}  # loads slowly, and no stage depends on it


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
