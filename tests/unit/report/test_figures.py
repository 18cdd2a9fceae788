import base64

import imageio.v3 as iio
import numpy as np
import pytest

from metahdr.evaluation.predictions import prediction_name
from metahdr.images import write_exr
from metahdr.report.figures import display, error_map, strip


def test_linear_light_is_shown_with_gamma_2_2_and_clipped():
    # 255 * 0.18^(1 / 2.2) = 116.97
    assert display(np.array([-1, 0, 0.18, 0.5, 1, 9])).tolist() == [0, 0, 117, 186, 255, 255]


def test_an_error_map_runs_from_infernos_black_to_its_yellow_at_an_error_of_a_half():
    truth = np.array([[[0.2, 0.2, 0.2], [1, 1, 1], [0, 0, 0], [5, 5, 5]]])
    prediction = np.array([[[0.2, 0.2, 0.2], [0.5, 0.5, 0.5], [1, 1, 1], [1, 2, 3]]])
    black, yellow = (0, 0, 4), (252, 255, 164)  # #000004 and #fcffa4
    np.testing.assert_allclose(error_map(prediction, truth)[0], [black, yellow, yellow, black], atol=1)


def test_a_strip_shows_input_predictions_truth_and_errors_beside_each_other(scene, tmp_path):
    truth = scene.hdr.numpy().transpose(1, 2, 0)
    for mode, image in (("single", np.zeros_like(truth)), ("adapted_true", truth)):
        write_exr(tmp_path / prediction_name(scene.name, 2.0, mode), image, half=False)
    kind, data = strip(scene, 2.0, tmp_path, "adapted_true").split(",")
    assert kind == "data:image/jpeg;base64"
    picture = iio.imread(base64.b64decode(data)).astype(float)
    assert picture.shape == (32, 6 * 32 + 5 * 4, 3)
    exposure, single, adapted, shown, error, no_error = (picture[:, 36 * i : 36 * i + 32] for i in range(6))
    assert np.abs(exposure - 255 * scene.ldr[2].numpy().transpose(1, 2, 0)).mean() < 8
    assert np.abs(shown - display(truth)).mean() < 8
    assert np.abs(adapted - shown).mean() < 4
    assert single.mean() < 4
    assert error.mean() > 10 * no_error.mean()
    with pytest.raises(ValueError, match="tuple"):
        strip(scene, 1.0, tmp_path, "adapted_true")
