"""The weights of Wu et al.'s authors in their layout, with random values."""

import zipfile
from functools import cache
from pathlib import Path

import numpy as np


@cache
def authors_arrays() -> dict[str, np.ndarray]:
    """By the names of the authors' code: nine residual blocks with kernels of 3, others of 5."""
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}

    def convolution(name: str, inputs: int, outputs: int, side: int = 5, transposed: bool = False) -> None:
        shape = (outputs, inputs) if transposed else (inputs, outputs)
        spread = (2 / (side**2 * inputs / (4 if transposed else 1))) ** 0.5
        arrays[f"{name}/w"] = rng.normal(0, spread, (side, side, *shape))
        arrays[f"{name}/biases"] = rng.normal(0, 0.1, outputs)

    def norm(name: str, channels: int) -> None:
        arrays[f"{name}/beta"], arrays[f"{name}/moving_mean"] = rng.normal(0, 0.1, (2, channels))
        arrays[f"{name}/gamma"], arrays[f"{name}/moving_variance"] = rng.uniform(0.5, 1.5, (2, channels))

    for encoder in ("encoder1", "encoder2", "encoder3"):
        convolution(f"{encoder}/g_e1_conv", 6, 64)
        convolution(f"{encoder}/g_e2_conv", 64, 128)
        norm(f"{encoder}/g_e2_bn", 128)
    convolution("merger/g_e3_conv", 3 * 128, 256)
    norm("merger/g_e3_bn", 256)
    for block in range(1, 10):
        for layer in (1, 2):
            convolution(f"merger/g_r{block}_c{layer}", 256, 256, 3)
            norm(f"merger/g_r{block}_bn{layer}", 256)
    for level, inputs, outputs in ((1, 512, 128), (2, 512, 64), (3, 256, 64)):
        convolution(f"decoder/g_d{level}", inputs, outputs, transposed=True)
        norm(f"decoder/g_d{level}_bn", outputs)
    convolution("decoder/g_d_out_conv", 64, 3)
    arrays["decoder/g_d_out_conv/w"] *= 0.05  # so that the tanh is not saturated
    return {f"generator/{name}": array.astype(np.float32) for name, array in arrays.items()}


def write_checkpoint(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """A zip archive of a TensorFlow checkpoint, its index one block without shared keys."""
    entries, at = [(b"", b"\x08\x01")], 0
    for name in sorted(arrays):
        array = arrays[name]
        sizes = b"".join(_field(2, b"\x08" + _varint(size)) for size in array.shape)
        entry = b"\x08\x01" + _field(2, sizes) + b"\x20" + _varint(at) + b"\x28" + _varint(array.nbytes)
        entries.append((name.encode(), entry))
        at += array.nbytes
    block = _block(entries)
    handle = _varint(0) + _varint(len(block) - 5)
    index = _block([(b"\xff", handle)])
    footer = handle + _varint(len(block)) + _varint(len(index) - 5)
    table = block + index + footer.ljust(40, b"\0") + 0xDB4775248B80FB57.to_bytes(8, "little")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pretrained_ckp/model-1.index", table)
        archive.writestr(
            "pretrained_ckp/model-1.data-00000-of-00001",
            b"".join(arrays[name].tobytes() for name in sorted(arrays)),
        )


def _block(entries: list[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(b"\0" + _varint(len(key)) + _varint(len(value)) + key + value for key, value in entries)
    return body + bytes(4) + (1).to_bytes(4, "little") + bytes(5)  # a restart, their number; kind and checksum


def _field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    low, high = value & 127, value >> 7
    return bytes([low | 128]) + _varint(high) if high else bytes([low])
