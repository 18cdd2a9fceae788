"""TensorFlow's checkpoints, read without it: an index, which is a sorted table like LevelDB's, and the values."""

import math
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from metahdr.companions import is_companion
from metahdr.errors import UserError

_MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")  # ends a table
_FOOTER = 48  # bytes
_FLOAT32 = 1  # DT_FLOAT
_TYPE, _SHAPE, _OFFSET, _SIZE = 1, 2, 4, 5  # fields of BundleEntryProto


def read_checkpoint(path: Path) -> dict[str, np.ndarray]:
    """The float32 tensors by name of the one checkpoint in a zip archive, as `tf.train.Saver` writes it.

    Raises:
        UserError: no such file, damaged, or another content.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not is_companion(name)]
            (index,) = (name for name in names if name.endswith(".index"))
            values = archive.read(f"{index.removesuffix('.index')}.data-00000-of-00001")
            return dict(_tensors(archive.read(index), values))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (zipfile.BadZipFile, zlib.error, LookupError, ValueError, OSError, EOFError, RuntimeError):
        raise UserError(
            f"{path}: damaged, or not a zip archive of one TensorFlow checkpoint; give the file as published"
        ) from None


def _tensors(table: bytes, values: bytes) -> Iterator[tuple[str, np.ndarray]]:
    for name, entry in _entries(table):
        fields = dict(_fields(entry))
        if name and fields.get(_TYPE) == _FLOAT32:  # the nameless entry is the header
            shape = [
                dict(_fields(size)).get(1, 0) for field, size in _fields(fields.get(_SHAPE, b"")) if field == 2
            ]
            if fields.get(_SIZE, 0) != 4 * math.prod(shape):
                raise ValueError(f"{name!r}: bytes and shape differ")
            array = np.frombuffer(values, "<f4", math.prod(shape), fields.get(_OFFSET, 0))
            yield name.decode(), array.reshape(shape)


def _entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a table: its last block lists the others."""
    footer = table[-_FOOTER:]
    if not footer.endswith(_MAGIC):
        raise ValueError("no table")
    _, at = _handle(footer, 0)  # of what describes the table
    blocks, _ = _handle(footer, at)
    for _, block in _block(table, *blocks):
        yield from _block(table, *_handle(block, 0)[0])


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block, in which a key omits the beginning that it shares with the key before."""
    if table[offset + size] != 0:
        raise ValueError("compressed")
    block = table[offset : offset + size]
    restarts = int.from_bytes(block[-4:], "little")
    at, key = 0, b""
    while at < size - 4 * (1 + restarts):
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and where the next value begins."""
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of a protocol buffer; fixed ones are left out."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
        elif kind == 2:
            length, at = _varint(message, at)
            yield tag >> 3, message[at : at + length]
            at += length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of kind {kind}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where the next value begins."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
