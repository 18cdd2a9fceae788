"""The official weight file's layout, against HDR-CNN written anew in plain numpy with TensorFlow's conventions."""

import io
import pickle
import zipfile

import numpy as np
import pytest
import torch

from metahdr.errors import UserError
from metahdr.weights.expandnet import load_expandnet
from metahdr.weights.hdrcnn import load_hdrcnn, load_official

VGG_MEAN_BGR = (103.939, 116.779, 123.68)
STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def make_arrays(seed: int = 0) -> list[np.ndarray]:
    """The file's 80 arrays, with random values of a trained network's size."""
    rng = np.random.default_rng(seed)

    def convolution(height, width, inputs, outputs):
        scale = np.sqrt(2 / (height * width * inputs))
        return [rng.normal(0, scale, (height, width, inputs, outputs)), rng.normal(0, 0.1, outputs)]

    def transposed(inputs, outputs):
        scale = np.sqrt(2 / (4 * inputs))
        return [rng.normal(0, scale, (4, 4, outputs, inputs)), rng.normal(0, 0.1, outputs)]

    def norm(channels):  # beta, gamma, moving mean, moving variance
        return [rng.normal(0, 0.1, channels), rng.uniform(0.5, 1.5, channels)] + [
            rng.normal(0, 0.1, channels),
            rng.uniform(0.5, 2, channels),
        ]

    def fusion(channels):
        weight = np.concatenate([np.eye(channels)] * 2) + rng.normal(0, 0.1 / channels, (2 * channels, channels))
        return [weight[None, None], rng.normal(0, 0.1, channels)]

    arrays, inputs = [], 3
    for stage in STAGES:
        for outputs in stage:
            arrays += convolution(3, 3, inputs, outputs)
            inputs = outputs
    arrays += convolution(3, 3, 512, 512) + norm(512)
    arrays += transposed(512, 512) + norm(512)
    for inputs, outputs in ((512, 512), (512, 256), (256, 128), (128, 64)):
        arrays += fusion(inputs) + transposed(inputs, outputs) + norm(outputs)
    arrays += fusion(64) + convolution(1, 1, 64, 3) + norm(3) + fusion(3)
    return [array.astype(np.float32) for array in arrays]


def tensorflow_forward(arrays: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """HDR-CNN's log prediction for NHWC images in [0, 1] (Eilertsen et al. 2017, section 3)."""
    left = iter([array.astype(np.float64) for array in arrays])

    def conv2d(image):  # SAME padding, stride 1, HWIO
        weight, bias = next(left), next(left)
        size = weight.shape[0]
        padded = np.pad(image, ((0, 0), (size // 2,) * 2, (size // 2,) * 2, (0, 0)))
        height, width = image.shape[1:3]
        output = sum(
            padded[:, i : i + height, j : j + width] @ weight[i, j] for i in range(size) for j in range(size)
        )
        return output + bias

    def conv2d_transpose(image):  # the gradient of a SAME convolution of stride 2: out[2 i + k - 1] += in[i] w[k]
        weight, bias = next(left), next(left)
        batch, height, width, _ = image.shape
        output = np.zeros((batch, 2 * height + 2, 2 * width + 2, weight.shape[2]))
        for i in range(4):
            for j in range(4):
                output[:, i : i + 2 * height : 2, j : j + 2 * width : 2] += image @ weight[i, j].T
        return output[:, 1:-1, 1:-1] + bias

    def batch_norm(image):
        beta, gamma, mean, variance = (next(left) for _ in range(4))
        return np.maximum(gamma * (image - mean) / np.sqrt(variance + 1e-5) + beta, 0)

    def fuse(image, skip):
        return conv2d(np.concatenate([image, np.log((skip / 255) ** 2 + 1 / 255)], -1))

    def max_pool(image):
        batch, height, width, channels = image.shape
        return image.reshape(batch, height // 2, 2, width // 2, 2, channels).max((2, 4))

    scaled = 255 * x
    image, skips = scaled[..., ::-1] - np.array(VGG_MEAN_BGR), []
    for stage in STAGES:
        for _ in stage:
            image = np.maximum(conv2d(image), 0)
        skips.append(image)
        image = max_pool(image)
    image = batch_norm(conv2d(image))
    image = batch_norm(conv2d_transpose(image))
    for skip in skips[:0:-1]:
        image = batch_norm(conv2d_transpose(fuse(image, skip)))
    image = batch_norm(conv2d(fuse(image, skips[0])))
    return fuse(image, scaled)


@pytest.fixture(scope="module")
def arrays():
    return make_arrays()


@pytest.fixture(scope="module")
def files(arrays, tmp_path_factory):
    """The same weights as plain arrays, and as TensorLayer's save_npz hands them to numpy."""
    folder = tmp_path_factory.mktemp("official")
    np.savez(folder / "plain.npz", *arrays)
    as_objects = np.empty(len(arrays), object)
    as_objects[:] = arrays
    np.savez(folder / "objects.npz", params=as_objects)
    with zipfile.ZipFile(folder / "objects_of_2017.npz", "w") as archive:  # numpy then used pickle's protocol 2
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (80,)})
        archive.writestr("params.npy", header.getvalue() + pickle.dumps(as_objects, protocol=2))
    return folder


@pytest.mark.parametrize("layout", ["plain", "objects", "objects_of_2017"])
def test_the_official_layout_gives_tensorflows_result(files, arrays, layout):
    network = load_official(files / f"{layout}.npz").eval()
    x = np.random.default_rng(1).random((1, 32, 64, 3))
    expected = tensorflow_forward(arrays, x)
    with torch.inference_mode():
        output = network.log_prediction(torch.from_numpy(x).float().permute(0, 3, 1, 2))
        fused = network.fused().log_prediction(torch.from_numpy(x).float().permute(0, 3, 1, 2))
    for result in (output, fused):
        result = result.permute(0, 2, 3, 1).double().numpy()
        assert np.abs(result - expected).max() <= 1e-4 * np.abs(expected).max()


def save(path, arrays, **changes):
    arrays = list(arrays)
    for index, value in changes.items():
        arrays[int(index[1:])] = value
    np.savez(path, *arrays)
    return path


def test_a_file_of_another_layout_is_refused_with_the_first_array_that_differs(tmp_path, arrays):
    path = save(tmp_path / "a.npz", arrays, _40=np.zeros((4, 4, 512, 256), np.float32))
    with pytest.raises(UserError, match=r"a\.npz: up\.1\.weight has shape \(256, 512, 4, 4\)"):
        load_official(path)
    np.savez(tmp_path / "b.npz", *arrays[:79])
    with pytest.raises(UserError, match=r"b\.npz: 79 arrays; expected TensorLayer's list of 80"):
        load_official(tmp_path / "b.npz")


def test_values_that_are_not_finite_are_refused(tmp_path, arrays):
    broken = arrays[7].copy()
    broken[3] = np.nan
    with pytest.raises(UserError, match=r"n\.npz: encoder\.1\.1\.bias has values that are NaN or infinite"):
        load_official(save(tmp_path / "n.npz", arrays, _7=broken))


def test_a_truncated_file_is_refused(tmp_path, files):
    for name in ("plain.npz", "objects.npz"):
        data = (files / name).read_bytes()
        (tmp_path / name).write_bytes(data[: len(data) // 2])
        with pytest.raises(UserError, match=rf"{name}: truncated"):
            load_hdrcnn(tmp_path / name)


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_nothing_in_a_pickle_is_executed(tmp_path):
    mark = tmp_path / "executed"
    (tmp_path / "raw.npz").write_bytes(pickle.dumps(Evil(mark)))
    objects = np.empty(80, object)
    objects[:] = [Evil(mark)] * 80
    np.savez(tmp_path / "objects.npz", params=objects)
    np.savez(tmp_path / "members.npz", *[objects] * 80)
    (tmp_path / "raw.pth").write_bytes(pickle.dumps(Evil(mark)))
    mark.unlink(missing_ok=True)
    for name in ("raw.npz", "objects.npz", "members.npz", "raw.pth"):
        with pytest.raises(UserError, match=name):
            (load_expandnet if name == "raw.pth" else load_hdrcnn)(tmp_path / name)
    assert not mark.exists()
