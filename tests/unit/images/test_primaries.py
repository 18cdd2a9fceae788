import numpy as np
import pytest

from metahdr.images.primaries import BT709, to_bt709

PUBLISHED = {
    "BT.2020 (ITU-R BT.2087, section 4)": (
        (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    ),
    "ACES AP0, white D60, with Bradford (ACES output transforms)": (
        (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.0770, 0.32168, 0.33767),
        [[2.52169, -1.13413, -0.38756], [-0.27648, 1.37272, -0.09624], [-0.01538, -0.15298, 1.16835]],
    ),
}


@pytest.mark.parametrize(("chromaticities", "matrix"), PUBLISHED.values(), ids=PUBLISHED)
def test_the_conversion_is_the_published_matrix(chromaticities, matrix):
    np.testing.assert_allclose(to_bt709(chromaticities), matrix, atol=2e-4)


def test_bt709_stays_as_it_is():
    np.testing.assert_allclose(to_bt709(BT709), np.eye(3), atol=1e-12)


@pytest.mark.parametrize("chromaticities", [case[0] for case in PUBLISHED.values()])
def test_white_stays_white(chromaticities):
    np.testing.assert_allclose(to_bt709(chromaticities) @ [1, 1, 1], 1, atol=1e-9)
