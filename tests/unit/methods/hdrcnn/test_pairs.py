import tracemalloc

import numpy as np
import pytest

from metahdr.images.files import write_exr
from metahdr.methods.hdrcnn.pairs import TrainingPairs
from metahdr.methods.hdrcnn.settings import HDRCNNTraining
from metahdr.training.views import decode_images


@pytest.fixture
def images(tmp_path, scenery):
    files = {str(seed): tmp_path / f"{seed}.exr" for seed in range(2)}
    for seed, path in enumerate(files.values()):
        write_exr(path, scenery(seed), half=False)
    return decode_images(files, tmp_path / "decoded")


def pairs(images, panoramas=True, seed=0, **settings):
    return TrainingPairs(images, panoramas, HDRCNNTraining(size=32, steps=4, batch=2, **settings), seed)


@pytest.mark.parametrize("panoramas", [True, False])
def test_a_pair_is_an_exposure_and_its_hdr_image_relative_to_it(images, panoramas):
    settings = {"response_n": [0.9, 0.0], "response_sigma": [0.6, 0.0], "noise": [0.0, 1e-9], "hue": 0.0}
    for x, hdr in (pairs(images, panoramas, **settings)[i] for i in range(8)):
        assert x.shape == hdr.shape == (3, 32, 32)
        power = np.clip(hdr, 0, 1) ** 0.9
        np.testing.assert_allclose(x, 1.6 * power / (power + 0.6), atol=0.51 / 255)


def test_the_share_of_saturated_pixels_is_what_was_asked_for(images):
    shares = [(x.max(0) == 1).mean() for x, _ in (pairs(images, clipped_share=[0.05, 0.15])[i] for i in range(8))]
    assert min(shares) >= 0.045 and max(shares) <= 0.18  # rounding to 8 bits saturates a little more
    assert max(shares) - min(shares) > 0.03


def test_a_pair_depends_on_seed_and_index_alone(images):
    one, again = pairs(images), pairs(images)
    again[0]
    for a, b in zip(one[5], again[5], strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one[5][0], one[6][0])
    assert not np.array_equal(one[5][0], pairs(images, seed=1)[5][0])


def test_a_crop_of_a_photograph_is_a_part_of_it(tmp_path):
    ramp = np.repeat(np.arange(64, dtype=np.float32)[:, None], 96, 1)[..., None].repeat(3, 2) + 1
    write_exr(tmp_path / "ramp.exr", ramp, half=False)
    settings = {"hue": 0.0, "saturation": 0.0, "crop_scale": [0.499, 0.5]}
    ramps = decode_images({"ramp": tmp_path / "ramp.exr"}, tmp_path / "decoded")
    for _, hdr in (pairs(ramps, panoramas=False, **settings)[i] for i in range(4)):
        rows = hdr[0, :, 0]
        np.testing.assert_allclose(rows[1:] - rows[:-1], rows[1] - rows[0], rtol=1e-3)  # 32 pixels of 64: unscaled
        assert np.ptp(hdr, axis=2).max() < 1e-5 * hdr.max()


def test_jpeg_compression_is_an_option(images):
    plain, packed = pairs(images)[0][0], pairs(images, jpeg_quality=[30, 31])[0][0]
    assert 0.001 < np.abs(plain - packed).mean() < 0.1


def test_the_memory_of_a_training_does_not_grow_with_the_number_of_its_images(tmp_path, scenery):
    panorama = scenery(0, 512, 1024)
    files = {str(number): tmp_path / f"{number}.exr" for number in range(12)}
    for number, path in enumerate(files.values()):
        write_exr(path, panorama * np.float32(number + 1))
    tracemalloc.start()
    images = decode_images(files, tmp_path / "decoded")
    assert tracemalloc.get_traced_memory()[0] < panorama.nbytes / 10, "no image stays in memory"
    data = pairs(images)
    for index in range(48):
        data[index]
        assert tracemalloc.get_traced_memory()[0] < panorama.nbytes / 2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * panorama.nbytes, "decoding and cropping hold a few copies of one image"
