import numpy as np

from metahdr.images.tonemap import gamma, local, photographic, reinhard


def grey(values):
    return np.repeat(np.array(values, np.float32)[..., None], 3, -1)


def test_linear_light_is_shown_with_gamma_2_2_and_clipped():
    # 255 * 0.18^(1 / 2.2) = 116.97
    assert gamma(np.array([-1, 0, 0.18, 0.5, 1, 9])).tolist() == [0, 0, 117, 186, 255, 255]


def test_reinhard_maps_1_to_a_half_and_never_clips():
    # 0.5^(1 / 2.2) * 255 = 186.08; (100 / 101)^(1 / 2.2) * 255 = 253.85
    assert reinhard(grey([[0, 1, 100]]))[0, :, 0].tolist() == [0, 186, 254]


def test_reinhard_keeps_colours():
    image = np.array([[[2.0, 1.0, 0.5]]], np.float32)
    shown = (reinhard(image)[0, 0] / 255) ** 2.2
    np.testing.assert_allclose(shown / shown[1], [2, 1, 0.5], rtol=0.02)


def test_the_local_operator_leaves_1_6_decades_of_large_contrast():
    image = np.ones((8, 60))
    image[:, 30:] = 10**-3.2  # 3.2 decades, far apart
    shown = local(grey(image))
    # 10^-1.6 = 0.0251; 0.0251^(1 / 2.2) * 255 = 47.8
    assert shown[4, 5].tolist() == [255] * 3
    assert shown[4, 55].tolist() == [48] * 3


def test_the_local_operator_keeps_small_contrast_as_it_is():
    image = np.ones((8, 60))
    image[:, 30:] = 10**-3.2
    image[:, 30::2] *= 1.1  # stripes finer than the filter
    linear = (local(grey(image))[4, 45:55, 0] / 255.0) ** 2.2
    assert abs(linear.max() / linear.min() - 1.1) < 0.03


def test_a_night_is_as_bright_as_what_is_lit_in_it():
    """Where more than half is black, the meter's floor was the smallest float, and all light became white."""
    lit = np.linspace(0.01, 1, 64 * 64 * 3).reshape(64, 64, 3).astype(np.float32)
    night = np.concatenate([lit, np.zeros_like(lit), np.zeros_like(lit)])
    difference = photographic(night)[:64].astype(int) - photographic(lit)
    assert np.abs(difference).max() <= 10
    assert not photographic(np.zeros((4, 4, 3), np.float32)).any()
