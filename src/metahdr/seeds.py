"""Random generators by name: what one scene draws does not depend on the other scenes."""

import hashlib

import numpy as np


def named_rng(seed: int, *names: object) -> np.random.Generator:
    """A generator for `names` (a stage, a scene, ...) under the configuration's one seed."""
    digest = hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))
