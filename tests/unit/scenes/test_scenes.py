import shutil

import numpy as np
import pandas as pd
import pytest

from metahdr.camera.response import Response
from metahdr.config.expose import Expose
from metahdr.config.prepare import Prepare
from metahdr.methods.response import KnownResponse
from metahdr.scenes.scene import Scenes, _array
from metahdr.tables import read_table, write_table


def test_every_split_has_the_scenes_of_its_sources_and_no_others(results):
    table = pd.read_csv(results / "scenes.csv")
    names = {}
    for split in ("train", "validation", "test"):
        names[split] = {scene.name for scene in Scenes(results, split)}
        assert names[split] == set(table.scene[table.split == split])
    assert sum(map(len, names.values())) == len(Scenes(results, None)) == 10
    assert {split: len(scenes) for split, scenes in names.items()} == {"train": 6, "validation": 2, "test": 2}


def test_a_task_is_a_bracket_of_8_bit_exposures_in_0_to_1_with_its_truth(results):
    for scene in Scenes(results, None):
        assert scene.evs == (-2, 0, 2)
        assert scene.ldr.shape == (3, 3, 32, 32)
        assert scene.hdr.shape == (3, 32, 32)
        levels = scene.ldr.numpy() * 255
        np.testing.assert_allclose(levels, levels.round(), atol=1e-4)
        assert scene.ldr.min() >= 0
        assert scene.ldr.max() == 1


def test_each_exposure_is_its_own_scene_seen_through_the_recorded_camera(results):
    for scene in Scenes(results, None):
        rows = pd.read_csv(results.parent / "exposures" / f"{scene.chunk}.csv").set_index("scene").loc[scene.name]
        for ldr, row in zip(scene.ldr.numpy(), rows.itertuples(), strict=True):
            light = Response(row.response_n, row.response_sigma).inverse(ldr) / 2**row.ev
            known = (ldr > 0.3) & (ldr < 0.9)
            assert np.median(np.abs(light / scene.hdr.numpy() - 1)[known]) < 0.05


def test_the_truth_is_the_prepared_scene_times_its_metering(results):
    scene = Scenes(results, None)[3]
    name, view = scene.name.rsplit("_", 1)
    metering = (
        pd.read_csv(results.parent / "exposures" / f"{scene.chunk}.csv")
        .groupby("scene")
        .metering.first()[scene.name]
    )
    expected = np.load(results.parent / "scenes" / scene.chunk / f"{name}.npy")[int(view)] * 2**metering
    np.testing.assert_allclose(scene.hdr.numpy().transpose(1, 2, 0), expected, rtol=1e-6)


def test_arrays_stay_on_disk(results):
    for folder in ("scenes", "exposures"):
        (path,) = (results.parent / folder).glob("*/alley.npy")
        assert isinstance(_array(path), np.memmap)


def test_rejected_scenes_and_dropped_views_are_absent(tmp_path, scenery, build_results):
    images = {name: scenery(seed) for seed, name in enumerate("abcd")}
    images["b"][:, 32:96] = 1  # all that the first view sees
    folder = tmp_path / "results"
    fold = build_results(folder, images, Prepare(size=16, views=4), Expose(max_saturated=0.35))
    table = pd.read_csv(fold / "scenes.csv")
    exposures = pd.concat(pd.read_csv(path) for path in (folder / "exposures").glob("*.csv"))
    rejected = set(exposures.scene[~exposures.accepted])
    dropped = set(table.scene[~table.kept])
    scenes = Scenes(fold, None)
    assert rejected
    assert dropped == {"b_0"}
    assert len(scenes)
    assert {scene.name for scene in scenes} == set(table.scene) - rejected - dropped
    for scene in scenes:
        stored = np.load(folder / "exposures" / scene.chunk / f"{scene.source}.npy")
        kept = table[table.kept & (table.source == scene.source)].scene.tolist()
        np.testing.assert_allclose(
            scene.ldr.numpy(), stored[kept.index(scene.name)].transpose(0, 3, 1, 2) / 255, rtol=1e-6
        )


def test_percentile_scenes_know_the_stops_of_their_exposures(tmp_path, scenery, build_results):
    images = {name: scenery(seed) for seed, name in enumerate("abc")}
    folder = build_results(
        tmp_path / "results", images, Prepare(size=16, views=1), Expose(method="percentile", max_saturated=1.0)
    )
    scenes = Scenes(folder, None)
    scene = scenes[0]
    white = [np.quantile(scene.hdr, high / 100) for high in (99.9, 97, 85)]
    np.testing.assert_allclose(scene.stops, -np.log2(white), atol=1e-4)


def test_a_split_without_scenes_is_empty(tmp_path, results):
    assert len(Scenes(results, "nowhere")) == 0


@pytest.mark.parametrize("split", ["train", None])
def test_a_table_without_any_scene_has_no_scenes(tmp_path, results, split):
    header = (results / "scenes.csv").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "scenes.csv").write_text(f"{header}\n", encoding="utf-8")
    assert len(Scenes(tmp_path, split)) == 0


def test_sources_without_a_kept_scene_have_no_scenes(tmp_path, results):
    table = pd.read_csv(results / "scenes.csv")
    table.assign(kept=False, split=None).to_csv(tmp_path / "scenes.csv", index=False)
    assert len(Scenes(tmp_path, "train")) == len(Scenes(tmp_path, None)) == 0


def test_a_source_whose_exposures_are_none_has_no_scenes(tmp_path, results):
    shutil.copytree(results.parent / "exposures", tmp_path / "exposures")
    fold = shutil.copytree(results, tmp_path / "fold0")
    for path in (tmp_path / "exposures").glob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert len(Scenes(fold, "train")) == len(Scenes(fold, None)) == 0


def test_a_panorama_with_more_than_ten_views_keeps_scenes_and_images_together(tmp_path, scenery, build_results):
    images = {name: scenery(seed) for seed, name in enumerate("abc")}
    folder = build_results(tmp_path / "results", images, Prepare(size=16, views=12))
    for scene in Scenes(folder, None):
        stored = np.load(folder.parent / "exposures" / scene.chunk / f"{scene.source}.npy")
        stored = stored[int(scene.name.split("_")[1])]
        np.testing.assert_allclose(scene.ldr.numpy(), stored.transpose(0, 3, 1, 2) / 255, rtol=1e-6)


@pytest.mark.parametrize("names", [["001", "002", "003"], ["001", "002", "oak"], ["elm", "oak", "null"]], ids=str)
def test_a_source_may_be_called_like_a_number_or_null(tmp_path, scenery, build_results, names):
    images = {name: scenery(seed, 32, 32) for seed, name in enumerate(names)}
    folder = build_results(tmp_path / "results", images, Prepare(size=16), kind="photographs")
    assert [scene.name for scene in Scenes(folder, None)] == sorted(names)


def test_a_scene_knows_a_camera_whose_curve_is_a_table(tmp_path, results):
    shutil.copytree(results.parent, tmp_path / "tiny")
    folder = tmp_path / "tiny"
    (path,) = folder.glob("curves/*/alley.npy")
    chunk = folder / "exposures" / f"{path.parent.name}.csv"
    write_table(chunk, read_table(chunk).assign(response_n=np.nan, response_sigma=np.nan))
    curves = np.stack([np.linspace(0, 1, 5) ** power for power in (2, 3)])
    np.save(path, curves)
    scenes = [scene for scene in Scenes(folder / "fold0", None) if scene.source == "alley"]
    for scene in scenes:
        np.testing.assert_array_equal(scene.response.exposures, curves[int(scene.name[-1])])
        darkest = KnownResponse().told(scene, 0).reconstruct(scene.ldr[:1], scene.stops[:1]) * 2 ** scene.stops[0]
        np.testing.assert_allclose(darkest, scene.response.inverse(scene.ldr[:1].numpy()), atol=1e-6)
    assert scenes
