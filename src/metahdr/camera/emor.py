"""Response curves of real cameras and films: the empirical model of Grossberg and Nayar 2004, EMoR.

M. D. Grossberg and S. K. Nayar, "Modeling the Space of Camera Response Functions", PAMI 26(10), 2004: mean and
principal components of 201 measured curves. Their file is not part of this project (`config/weights.yaml`).

The file lacks the coefficients of the measured curves, so that ours are drawn from independent normal
distributions. Their variance falls by the same factor from one component to the next; three components hold 99.6 %
of it, as in the paper. The first coefficient's standard deviation is 2. The linear response has 6.5 there and
log(1 + 1000 x) -5.8, so that these two extremes of real cameras lie three standard deviations out. For 95 % of the
drawn cameras a mid-grey exposure of 0.18 reads between 0.26 and 0.59.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from metahdr.camera.curve import Curve
from metahdr.errors import UserError

SAMPLES = 1024
FIRST, COMPONENTS = 2.0, 5
EXPLAINED = 0.996  # share of the variance that the first three components hold
_CURVE_SIZE = 257  # entries of a drawn curve
_TRIES = 1000


@dataclass(frozen=True)
class Emor:
    """The model.

    Attributes:
        mean: display-referred value of equally spaced exposures from 0 to 1, `(1024,)`.
        components: orthonormal, the most important first, 0 at both ends, `(K, 1024)`.
    """

    mean: np.ndarray
    components: np.ndarray

    def draw(self, rng: np.random.Generator) -> Curve:
        """A random curve that rises everywhere; coefficients that give another curve are drawn again.

        Raises:
            UserError: none of 1,000 draws gives one, so that the file is not EMoR's.
        """
        spread = FIRST * (1 - EXPLAINED) ** (np.arange(COMPONENTS) / 6)
        for _ in range(_TRIES):
            values = self.mean + rng.normal(0, spread) @ self.components[:COMPONENTS]
            if (np.diff(values) > 0).all():
                exposures = np.interp(np.linspace(0, 1, _CURVE_SIZE), values, np.linspace(0, 1, SAMPLES))
                return Curve(exposures)
        raise UserError(f"none of {_TRIES} curves of the EMoR file rises; it is not the file of CAVE")


def read_emor(path: Path) -> Emor:
    """Reads `emor.txt`: E, f0, h(1), h(2), ..., each a name, `=` and 1024 numbers.

    Raises:
        UserError: no such file, or it holds something else.
    """
    return Emor(*_read_model(path, "emor.txt", ("E", "f0", "h"), COMPONENTS))


def read_inverse_emor(path: Path, components: int) -> tuple[np.ndarray, np.ndarray]:
    """Reads `invemor.txt`, the model of inverse responses: B, g0, hinv(1), hinv(2), ...

    Returns:
        Their mean `(1024,)` and their first components, `(components, 1024)`.

    Raises:
        UserError: no such file, or it holds something else.
    """
    return _read_model(path, "invemor.txt", ("B", "g0", "hinv"), components)


def _read_model(
    path: Path, file: str, names: tuple[str, str, str], components: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and components; `names` are the file's words for argument, mean and components, such as E, f0 and h."""
    argument, mean, component = names
    try:
        parts = re.split(r"(\w+(?:\(\d+\))?)\s*=", path.read_text(encoding="utf-8"))[1:]
        blocks = {name: np.array(text.split(), float) for name, text in zip(parts[::2], parts[1::2], strict=True)}
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error}; expected {file} of CAVE, Columbia University") from None
    wanted = [mean, *(f"{component}({number})" for number in range(1, components + 1))]
    if not all(name in blocks and blocks[name].shape == (SAMPLES,) for name in wanted):
        raise UserError(
            f"{path}: found {', '.join(blocks) or 'nothing'}; expected {argument}, {mean}, {component}(1), "
            f"{component}(2), ... with {SAMPLES} numbers each, as {file} of CAVE, Columbia University has them"
        )
    return blocks[mean], np.stack([blocks[name] for name in wanted[1:]])
