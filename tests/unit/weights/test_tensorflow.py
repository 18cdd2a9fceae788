"""Checkpoints that TensorFlow wrote.

`tensorflow.zip` is what `tf.compat.v1.train.Saver().save` of TensorFlow 2.21 wrote, without the graph.
"""

import shutil
import zipfile

import numpy as np
import pytest

from metahdr.errors import UserError
from metahdr.weights.tensorflow import read_checkpoint


@pytest.fixture
def checkpoint(repository, tmp_path):
    return shutil.copy(repository / "tests/data/tensorflow.zip", tmp_path / "model.zip")


def test_floats_are_read_as_tensorflow_wrote_them_and_others_left_out(checkpoint):
    tensors = read_checkpoint(checkpoint)
    assert tensors.keys() == {"net/conv/w", "net/conv/biases", "scale"}  # not global_step, which is int64
    np.testing.assert_array_equal(tensors["net/conv/w"], np.arange(24).reshape(2, 3, 4) / 8)
    np.testing.assert_array_equal(tensors["net/conv/biases"], [-1.5, 2.25])
    np.testing.assert_array_equal(tensors["scale"], 0.375)


@pytest.mark.parametrize("member", ["checkpoints/model-7.index", "checkpoints/model-7.data-00000-of-00001"])
@pytest.mark.parametrize("kept", [0.5, 0])
def test_half_of_a_file_or_none_of_it_is_refused_in_one_line(checkpoint, member, kept, tmp_path):
    with zipfile.ZipFile(checkpoint) as whole, zipfile.ZipFile(tmp_path / "cut.zip", "w") as cut:
        for name in whole.namelist():
            data = whole.read(name)
            cut.writestr(name, data[: int(len(data) * kept)] if name == member else data)
    with pytest.raises(UserError, match=r"cut.zip: damaged, or not a zip archive of one TensorFlow checkpoint"):
        read_checkpoint(tmp_path / "cut.zip")


def test_no_archive_and_no_file_are_refused_in_one_line(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(UserError, match="a.zip: damaged"):
        read_checkpoint(tmp_path / "a.zip")
    with pytest.raises(UserError, match="b.zip: no such file"):
        read_checkpoint(tmp_path / "b.zip")
