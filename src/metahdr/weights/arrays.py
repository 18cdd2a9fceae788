"""Pickled lists of arrays, such as TensorLayer's weight files, read without unpickling.

`tl.files.save_npz` gives numpy one list of arrays of different shapes, which numpy stores as an object array: a
pickle within the zip file. The pickle's opcodes are listed (`pickletools.genops`) and never executed, and the
bytes of each array, whose shape is known, are read as float32. Files of plain arrays (`arr_0`, `arr_1`, ...) are
read by numpy.
"""

import pickletools
import zipfile
from pathlib import Path

import numpy as np

from metahdr.errors import UserError

_SIZE_LIMIT = 1 << 30  # a file of 29.4 M float32 values has 118 MB
_BYTES = {"SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "SHORT_BINSTRING", "BINSTRING", "BINUNICODE"}
_INTEGERS = {"BININT", "BININT1", "BININT2"}
_TUPLES = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}


def read_arrays(path: Path, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    """The arrays of a `.npz` file in order.

    Args:
        shapes: of the arrays that the file should hold.

    Raises:
        UserError: not a zip file, truncated, another number of arrays, or pickled arrays of other shapes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > _SIZE_LIMIT:
                raise UserError(f"{path}: unpacks to more than {_SIZE_LIMIT >> 30} GiB; HDR-CNN has 118 MB")
            members = {name.removesuffix(".npy") for name in archive.namelist()}
            if members == {"params"}:
                member = archive.read("params.npy")
                return read_pickled(path, member[member.find(b"\n") + 1 :], shapes)  # after numpy's header
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise UserError(f"{path}: truncated, or not a .npz file ({error})") from None
    if members != {f"arr_{index}" for index in range(len(shapes))}:
        raise UserError(f"{path}: {len(members)} arrays; expected TensorLayer's list of {len(shapes)}")
    try:
        with np.load(path, allow_pickle=False) as file:
            return [file[f"arr_{index}"] for index in range(len(shapes))]
    except (zipfile.BadZipFile, ValueError, OSError, EOFError) as error:
        raise UserError(f"{path}: truncated, or a pickle ({error})") from None


def read_pickled(
    path: Path, pickled: bytes, shapes: list[tuple[int, ...]], exact: bool = True
) -> list[np.ndarray]:
    """The float32 arrays of a pickle in their order, found by their shapes and lengths.

    Args:
        exact: refuse further arrays after those of `shapes`; otherwise they are ignored.

    Raises:
        UserError: no pickle, or other arrays.
    """
    remaining, integers, tuples, arrays = list(shapes), [], set(), []
    try:
        for opcode, value, _ in pickletools.genops(pickled):
            if opcode.name in _INTEGERS:
                integers.append(value)
            elif opcode.name in _TUPLES:
                tuples.update(tuple(integers[-length:]) for length in range(1, min(len(integers), 4) + 1))
                integers = []
            elif opcode.name in _BYTES and len(value) >= 12:  # three values, the smallest array
                data = value if isinstance(value, bytes) else value.encode("latin1")
                if not remaining and not exact:
                    break
                if not remaining:
                    raise ValueError(f"more than {len(shapes)} arrays")
                shape = remaining.pop(0)
                if shape not in tuples or len(data) != 4 * np.prod(shape):
                    raise ValueError(f"array {len(arrays)} is not float32 of shape {shape}")
                arrays.append(np.frombuffer(data, "<f4").reshape(shape))
                integers, tuples = [], set()
    except ValueError as error:
        raise UserError(f"{path}: not a list of {len(shapes)} arrays ({error})") from None
    if remaining:
        raise UserError(f"{path}: {len(arrays)} arrays; expected a list of {len(shapes)}")
    return arrays
