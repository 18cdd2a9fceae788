import shutil
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import OpenEXR
import pandas as pd
import pytest

from metahdr.config.motion import Motion
from metahdr.errors import UserError
from metahdr.evaluation import inputs
from metahdr.evaluation.agreement import Run
from metahdr.evaluation.inputs import export_inputs
from metahdr.evaluation.predictions import prediction_name
from metahdr.tables import read_table


def run_of(fold, moving=False) -> Run:
    return Run(fold.parent, pd.DataFrame({"fold": [0]}), {}, moving)


def stored(arrays, scene: str) -> np.ndarray:
    """The exposures of a scene `SOURCE_VIEW` as a stage wrote them."""
    source, _, view = scene.rpartition("_")
    (path,) = arrays.glob(f"exposures/*/{source}.npy")
    return np.load(path)[int(view)]


def check_files(folder, arrays, stops_per_ev=1.0):
    """Every file is the exposure that its row says, and no file is of anything else."""
    table, named = read_table(folder / "inputs.csv"), set()
    for row in table.to_dict("records"):
        brackets = {row["ev"]: ""} | {row[f"support{n}_ev"]: f"support{n}_" for n in (1, 2)}
        for ev, ldr in zip(sorted(brackets), stored(arrays, row["scene"]), strict=True):
            png, exr, scale = (row[brackets[ev] + name] for name in ("png", "exr", "scale"))
            values = imagecodecs.png_decode((folder / png).read_bytes())
            assert values.dtype == ldr.dtype and np.array_equal(values, ldr)
            floats = OpenEXR.File(str(folder / exr)).channels()["RGB"].pixels
            assert np.array_equal(floats, ldr.astype(np.float32) / np.iinfo(ldr.dtype).max)
            assert scale == 2.0 ** (-ev * stops_per_ev)
            named |= {png, exr}
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {*named, "inputs.csv"}
    return table


def test_every_exposure_that_is_held_out_is_a_row_with_the_exposures_as_they_are_stored(results, tmp_path):
    export_inputs(run_of(results), tmp_path / "inputs")
    table = check_files(tmp_path / "inputs", results.parent)
    scenes = read_table(results / "scenes.csv").query("split == 'test'")
    held_out = sorted((scene, ev) for scene in scenes.scene for ev in (-2, 0, 2))
    assert sorted(zip(table.scene, table.ev, strict=True)) == held_out
    assert dict(zip(table.scene, table.place, strict=True)) == dict(zip(scenes.scene, scenes.place, strict=True))
    names = [prediction_name(row.scene, row.ev, "single") for row in table.itertuples()]
    assert list(table.prediction) == names


def test_nothing_but_pixels_names_evs_and_scales_is_written(results, tmp_path):
    export_inputs(run_of(results), tmp_path / "inputs")
    exposure = ["ev", "scale", "png", "exr"]
    of_support = [f"support{n}_{name}" for n in (1, 2) for name in exposure]
    columns = ["fold", "scene", "place", *exposure, *of_support, "prediction"]
    assert list(read_table(tmp_path / "inputs/inputs.csv")) == columns
    attributes = {"channels", "compression", "dataWindow", "displayWindow", "lineOrder", "type"}
    attributes |= {"pixelAspectRatio", "screenWindowCenter", "screenWindowWidth"}
    for path in (tmp_path / "inputs/exposures").glob("*.exr"):
        assert OpenEXR.File(str(path), header_only=True).header().keys() <= attributes
    for path in (tmp_path / "inputs/exposures").glob("*.png"):
        assert set(png_chunks(path.read_bytes())) <= {b"IHDR", b"IDAT", b"IEND"}


def png_chunks(data: bytes) -> list[bytes]:
    names, place = [], 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        names.append(data[place + 4 : place + 8])
        place += 12 + length
    return names


def test_exposures_that_a_dataset_brings_keep_their_sixteen_bits_and_their_stops(results, tmp_path):
    fold = shutil.copytree(results.parent, tmp_path / "tiny") / results.name
    rng = np.random.default_rng(0)
    for path in (tmp_path / "tiny/exposures").glob("*/*.npy"):
        np.save(path, rng.integers(0, 65536, np.load(path).shape, np.uint16))
    for path in (tmp_path / "tiny/exposures").glob("*.csv"):
        table = read_table(path)
        table.assign(stops=0.75 * table.ev).to_csv(path, index=False)
    export_inputs(run_of(fold), tmp_path / "inputs")
    check_files(tmp_path / "inputs", tmp_path / "tiny", stops_per_ev=0.75)


def test_of_a_moving_bracket_the_middle_exposure_is_the_reference(results, move_scenes, tmp_path):
    fold = move_scenes(results, Motion())
    export_inputs(run_of(fold, moving=True), tmp_path / "inputs")
    table = check_files(tmp_path / "inputs", fold / "moving")
    assert set(table.ev) == {0} and set(table.support1_ev) == {-2} and set(table.support2_ev) == {2}
    assert all(table.prediction == [f"{scene}_ev+0_stack.exr" for scene in table.scene])


def test_only_a_new_or_empty_folder_is_written(results, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    export_inputs(run_of(results), tmp_path / "empty")
    before = sorted(tmp_path.rglob("*"))
    for name in ("empty", "empty/inputs.csv"):
        with pytest.raises(UserError, match="expected a new or empty folder") as error:
            export_inputs(run_of(results), tmp_path / name)
        assert "\n" not in str(error.value)
    assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UserError, match="is the current folder"):
        export_inputs(run_of(results), Path())


def test_a_full_disk_leaves_nothing_half_written(results, tmp_path, monkeypatch):
    def full(path, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(inputs, "write_table", full)
    with pytest.raises(UserError, match="inputs: cannot be written .No space left on device"):
        export_inputs(run_of(results), tmp_path / "inputs")
    assert not list(tmp_path.iterdir())


def test_a_run_whose_exposures_are_gone_is_named(results, tmp_path):
    fold = shutil.copytree(results.parent, tmp_path / "tiny") / results.name
    shutil.rmtree(tmp_path / "tiny/exposures/chunk0", ignore_errors=True)
    for path in (tmp_path / "tiny/exposures").glob("*/*.npy"):
        path.unlink()
    with pytest.raises(UserError, match=r"exposures/.*: gone; restore the run"):
        export_inputs(run_of(fold), tmp_path / "inputs")
    assert not (tmp_path / "inputs").exists()
