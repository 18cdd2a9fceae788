"""The lookup table: fitted to training scenes of one known camera, and calibrated on two exposures."""

import json
import runpy
import shutil

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from scipy.optimize import isotonic_regression

from metahdr.camera.response import Response
from metahdr.config.expose import Expose
from metahdr.config.prepare import Prepare
from metahdr.errors import UserError
from metahdr.images.luminance import metered_scale
from metahdr.methods.lut import LookupTable, LookupTableMetered
from metahdr.methods.unseen import check_unseen
from metahdr.scenes.scene import Scenes
from metahdr.tables import read_table, write_table

VALUES = np.arange(256)


@pytest.fixture(scope="module")
def train(repository):
    script = runpy.run_path(str(repository / "workflow/scripts/train.py"))["main"]

    def train(fold, folder):
        sources, model, history = (folder / name for name in ("sources.json", "lut.safetensors", "lut.csv"))
        sources.write_text("{}", encoding="utf-8")
        script("lut", fold, sources, fold, "panoramas", 0, 1, "c0de", folder / "state", model, history)
        return model, read_table(history)

    return train


@pytest.fixture(scope="module")
def fixed(tmp_path_factory, scenery, build_results):
    """A dataset that one camera without noise took."""
    images = {name: scenery(seed) for seed, name in enumerate(["alley", "beach", "cellar", "dunes", "field"])}
    camera = Expose(noise=0.0, response_n=[0.9, 0.0], response_sigma=[0.6, 0.0])
    for name in images:
        images[name] = images[name].clip(0, 50 * images[name].mean())
    return build_results(tmp_path_factory.mktemp("fixed") / "data", images, Prepare(size=64, views=2), camera)


def test_the_response_of_the_one_camera_is_recovered_from_training_scenes(fixed, train, tmp_path):
    model, history = train(fixed, tmp_path)
    table = LookupTable.load(model).table
    inverse = Response(0.9, 0.6).inverse(VALUES / 255)
    often = (history["count"] >= 30) & (VALUES >= 20) & (VALUES < 255)
    assert often.sum() > 150
    np.testing.assert_allclose(table[often], inverse[often], rtol=0.02)
    assert table[255] > 1
    assert (np.diff(table) >= 0).all()
    np.testing.assert_allclose(history.radiance, table, rtol=1e-5)

    errors = []
    for scene in Scenes(fixed, "test"):
        radiance = LookupTable.load(model).reconstruct(scene.ldr, scene.stops)
        known = scene.ldr < 1
        errors.append((radiance - scene.hdr)[known].square().mean().item())
    assert -10 * np.log10(np.mean(errors)) > 45  # dB; a fixed camera is found, but for quantisation


def test_the_table_is_fitted_to_the_training_scenes_alone(results, train, tmp_path):
    """The entry of each value is the mean log exposure, by hand, before it is made monotone by scipy."""
    model, history = train(results, tmp_path)
    values, logs = [], []
    for scene in Scenes(results, "train"):
        for x, stop in zip(scene.ldr, scene.stops, strict=True):
            values.append((x.double().numpy() * 255).round().astype(int).ravel())
            logs.append(np.log(np.maximum(scene.hdr.double().numpy() * 2.0**stop, 1e-6)).ravel())
    values, logs = np.concatenate(values), np.concatenate(logs)
    counts = np.array([(values == value).sum() for value in VALUES])
    np.testing.assert_array_equal(history["count"], counts)
    assert (counts > 0).all()
    means = [logs[values == value].mean() for value in VALUES]
    expected = np.exp(isotonic_regression(means, weights=counts).x)
    np.testing.assert_allclose(LookupTable.load(model).table, expected, rtol=1e-4)

    table = Scenes(results, "train").table
    assert LookupTable.load(model).trained_on() == dict(zip(table.source, table.sha256, strict=True))


def test_the_table_of_one_fold_is_refused_in_another(results, train, tmp_path):
    data = shutil.copytree(results.parent, tmp_path / "data") / "fold0"
    model, _ = train(data, tmp_path)
    check_unseen(read_table(data / "scenes.csv"), LookupTable.load(model), model)
    other = read_table(data / "scenes.csv")
    other["split"] = other.split.map({"train": "test", "test": "train", "validation": "validation"})
    write_table(data / "scenes.csv", other)
    with pytest.raises(UserError, match=r"lut\.safetensors was trained on scenes .*test: .*, "):
        check_unseen(read_table(data / "scenes.csv"), LookupTable.load(model), model)


def test_without_training_scenes_there_is_no_table(results, train, tmp_path):
    data = shutil.copytree(results.parent, tmp_path / "data") / "fold0"
    table = read_table(data / "scenes.csv")
    write_table(data / "scenes.csv", table[table.split != "train"])
    with pytest.raises(UserError, match=r"scenes\.csv: no training scenes"):
        train(data, tmp_path)


def test_calibration_takes_the_supports_values_and_keeps_the_others_and_the_clipped_one():
    trained = ((VALUES / 255) ** 2).astype(np.float32)
    trained[255] = 3
    exposures = torch.tensor([100, 150, 255, 100]).view(1, 1, 1, 4).expand(2, 3, 100, 4) / 255
    labels = torch.tensor([0.25, 0.4, 50.0, 0.25]).view(1, 1, 1, 4).expand(2, 3, 100, 4) / 4
    method = LookupTable(trained)
    table = method.adapt(exposures, labels, [2.0, 2.0]).table
    assert table[100] == pytest.approx(0.25, rel=0.01) and table[150] == pytest.approx(0.4, rel=0.01)
    np.testing.assert_allclose(table[:100], trained[:100], atol=2e-6)
    np.testing.assert_allclose(table[101:127], table[100], rtol=1e-5)  # trained, they are below what 100 has now
    np.testing.assert_allclose(table[128:150], trained[128:150], rtol=1e-5)
    np.testing.assert_allclose(table[151:161], table[150], rtol=1e-5)
    np.testing.assert_allclose(table[162:], trained[162:], rtol=1e-5)
    np.testing.assert_array_equal(method.table, trained)


def test_a_table_answers_in_the_scenes_scale():
    table = (VALUES / 255).astype(np.float32)
    radiance = LookupTable(table).reconstruct(torch.full((2, 3, 2, 2), 51 / 255), [0.0, 2.0])
    torch.testing.assert_close(radiance.amax((1, 2, 3)), torch.tensor([0.2, 0.05]))


@pytest.mark.parametrize(
    ("table", "facts", "message"),
    [
        (np.linspace(1, 0, 256, dtype=np.float32), {"trained_on": {}}, "not 256 radiances that never decrease"),
        (np.full(256, np.nan, np.float32), {"trained_on": {}}, "not 256 radiances that never decrease"),
        (np.zeros(255, np.float32), {"trained_on": {}}, "not 256 radiances that never decrease"),
        (np.zeros(256, np.float32), None, "not a lookup table of metahdr"),
        (np.zeros(256, np.float32), {}, "not a lookup table of metahdr"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, table, facts, message):
    path = tmp_path / "lut.safetensors"
    save_file({"table": table}, path, {} if facts is None else {"metahdr": json.dumps(facts)})
    with pytest.raises(UserError, match=message):
        LookupTable.load(path)


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(UserError, match="gone.safetensors: no such weight file"):
        LookupTable.load(tmp_path / "gone.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x08")
    with pytest.raises(UserError, match="cut.safetensors: truncated"):
        LookupTable.load(tmp_path / "cut.safetensors")


def test_without_the_ev_the_table_is_scaled_to_where_a_meter_puts_the_scene():
    table = np.linspace(0, 2, 256, dtype=np.float32)
    exposures = torch.linspace(0, 1, 3 * 8 * 8).view(1, 3, 8, 8)
    known = LookupTable(table).reconstruct(exposures, [0.0])
    for stops in (0.0, 3.0):
        found = LookupTableMetered(table).reconstruct(exposures, [stops])
        assert metered_scale(found[0].permute(1, 2, 0).numpy()) == pytest.approx(1, rel=1e-5)
        torch.testing.assert_close(found / found.max(), known / known.max())
