"""Every dataset's layout, filled with exposures of real panoramas: from its files to scenes with exposures. The
paper's own goes through the whole workflow, damaged as it may come."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from checkout import check_out
from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.TiffImagePlugin import IFDRational
from runs import snakemake

from metahdr.brackets.merge import inverse_response, merge
from metahdr.camera.exposure import expose
from metahdr.camera.response import Response
from metahdr.config.expose import Expose
from metahdr.config.prepare import Prepare
from metahdr.datasets.fetch import fetch
from metahdr.datasets.layouts import find_sources
from metahdr.datasets.register import read_register
from metahdr.images.files import read_hdr
from metahdr.images.luminance import metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.scenes.exposures import expose_scenes
from metahdr.scenes.orientation import orient
from metahdr.scenes.prepare import prepare_source
from metahdr.scenes.repair import repair_exposures
from metahdr.studies.radiance.opencv import OpenCVMerge
from metahdr.tables import read_table

RESPONSE = Response(0.9, 0.6)


@pytest.fixture(scope="module")
def views(smoke) -> list[np.ndarray]:
    """Views of the default panoramas, in which 1.0 is where EV 0 clips."""
    found = []
    for path in sorted((smoke / "data/raw/polyhaven-mini").iterdir()):
        view = np.maximum(perspective_view(np.maximum(read_hdr(path), 0), 30, 70, 96), 0)
        found.append(view * np.float32(metered_scale(view)))
    return found


def write_hdr(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1]))


def write_ldr(path: Path, image: np.ndarray, seconds: float | None = None) -> None:
    """With an exposure time in its EXIF data, where one is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if seconds:
        settings = {
            Base.ExposureTime: IFDRational(seconds),
            Base.FNumber: IFDRational(8),
            Base.ISOSpeedRatings: 100,
        }
        exif.get_ifd(IFD.Exif).update(settings)
    Image.fromarray(image).save(path, quality=95, exif=exif)


def kalantari(folder, view):
    for name, ev in (("a.tif", -3), ("b.tif", 0), ("c.tif", 3)):
        deep = np.round(RESPONSE(np.clip(view * 2.0**ev, 0, 1)) * 65535).astype(np.uint16)
        (folder / "Training/001").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "Training/001" / name), deep[..., ::-1])
    (folder / "Training/001/exposure.txt").write_text("-3.000000\n0.000000\n3.000000\n", encoding="utf-8")
    write_hdr(folder / "Training/001/HDRImg.hdr", view)


def vds(folder, view):
    for ev in range(-3, 4):
        write_ldr(folder / f"t92_{ev}EV_true.jpg.png", expose(view, ev, RESPONSE))
    write_hdr(folder / "t92.hdr", view)


def hdr_eye(folder, view):
    for number, ev in enumerate(np.linspace(-4, 4, 9)):
        write_ldr(folder / f"Bracketed_images/C01/{number}.jpg", expose(view, ev, RESPONSE), 2.0**ev / 64)
    write_ldr(folder / "LDR/C01_LDR.jpg", expose(view, 0, RESPONSE))
    write_hdr(folder / "HDR/C01_HDR.hdr", view)


def brackets(folder, view):
    for number, ev in enumerate((-2, 0, 2)):
        write_ldr(folder / f"garden/IMG_{number}.jpg", expose(view, ev, RESPONSE), 2.0**ev / 64)


def numbered_pairs(folder, view):
    write_ldr(folder / "HDR-Real/LDR_in/00001.jpg", expose(view, 1, RESPONSE))
    write_hdr(folder / "HDR-Real/HDR_gt/00001.hdr", orient(view, "flip_rot90"))


def input_gt(folder, view):
    write_ldr(folder / "HDR-Eye/00001/input.jpg", expose(view, -1, RESPONSE))
    write_hdr(folder / "HDR-Eye/00001/gt.hdr", view)


# What makes the files, the EVs of the exposures in the end, and whether they are the dataset's own.
LAYOUTS = {
    "kalantari2017": (kalantari, [-3, 0, 3], True),
    "vds": (vds, [-2, 0, 2], True),
    "hdr-eye": (hdr_eye, [-2, 0, 2], True),
    "brackets": (brackets, [-2, 0, 2], True),
    "hdr-real": (numbered_pairs, [-2, 0, 2], False),
    "hdr-eye-singlehdr": (input_gt, [-2, 0, 2], False),
}


@pytest.mark.parametrize(("dataset", "facts"), LAYOUTS.items(), ids=LAYOUTS)
def test_a_scene_of_each_layout_has_its_truth_and_its_exposures(repository, tmp_path, views, dataset, facts):
    make, stops, own = facts
    register = read_register(repository / "config" / "datasets.yaml")
    kind = register[dataset].kind if dataset in register else dataset
    view = views[0]
    make(tmp_path, view)
    files = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()]
    ((name, source),) = find_sources(kind, files).items()
    hdrs, exposures, table = prepare_source(name, source, tmp_path, kind, Prepare(size=96), repair_exposures)
    assert table.kept.all(), table.reason[0]
    truth = hdrs[0] / np.float32(table["scale"][0])
    seen = (view > 0.05) & (view < 3)
    scale = np.median(truth[seen] / view[seen])
    assert np.percentile(np.abs(np.log2(truth[seen] / scale / view[seen])), 95) < (
        0.3 if make is brackets else 0.02
    )
    evs = [float(ev) for ev in table.evs[0].split()]
    images, rows, _ = expose_scenes([name], hdrs, exposures, Expose(noise=0.0), 0, own_evs=evs)
    assert rows.stops.tolist() == pytest.approx(stops, abs=0.01)
    if own:
        darkest = images[0, 0] / np.iinfo(images.dtype).max
        assert np.abs(darkest - RESPONSE(np.clip(view * 2.0 ** stops[0], 0, 1))).mean() < 0.02
        assert images.dtype == (np.uint16 if make is kalantari else np.uint8)


PAPER_SMALL = """
prepare: {size: 32, crop: 32}
label: {weights: train}
training: {hdrcnn: {width: 0.0625, size: 32, steps: 4, batch: 4}}
meta:
  {label_sources: [simulated], seeds: [0], filters: 4, inner_steps: 1, tasks: 2, crop: 16, iterations: 4,
  validate_every: 2, save_every: 1}
score: {metrics: [psnr, ssim], methods: [gamma_2, debevec]}
"""
# Of the paper's split: 1, 4 and 11 test, 6, 7 and 9 validate, the others train.
NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11]
TURNED, CORRUPT, ALONE = 2, 3, 5


@pytest.fixture(scope="module")
def paper(tmp_path_factory, views) -> Path:
    """Results of config/paper.yaml on a miniature of the LDR-HDR-pair dataset: numbers with holes, a turned HDR
    image, a corrupt exposure, and one that is missing. Its files were put where a user puts them, and its jobs
    start as a user's do."""
    folder = check_out(tmp_path_factory.mktemp("paper"))
    raw = folder / "data/raw/ldr-hdr-pair"
    for number, view in zip(NUMBERS, views, strict=False):
        write_hdr(raw / f"HDR/HDR_{number:03}.hdr", orient(view, "rot90") if number == TURNED else view)
        for ev, name in ((-2, "-2"), (0, "0"), (2, "+2")):
            write_ldr(raw / f"LDR_exposure_{name}/LDR_{number:03}.jpg", expose(view, ev, RESPONSE))
    corrupt = raw / f"LDR_exposure_0/LDR_{CORRUPT:03}.jpg"
    corrupt.write_bytes(corrupt.read_bytes()[:500])
    (raw / f"LDR_exposure_+2/LDR_{ALONE:03}.jpg").unlink()
    (folder / "small.yaml").write_text(PAPER_SMALL, encoding="utf-8")
    refused = snakemake(folder, "--configfile", "config/paper.yaml", "small.yaml")
    assert "metahdr fetch ldr-hdr-pair" in refused.stdout, "one line says what to do"
    fetch(folder / "config/datasets.yaml", "ldr-hdr-pair", folder / "data/raw", None)
    result = snakemake(folder, "--configfile", "config/paper.yaml", "small.yaml", python=sys.executable)
    assert result.returncode == 0, result.stdout[-4000:]
    return folder / "results/paper/ldr-hdr-pair"


def test_the_papers_dataset_runs_from_damaged_files_to_the_table(paper):
    scenes = read_table(paper / "fold0/scenes.csv").set_index("scene")
    expected = {"HDR_001": "test", "HDR_004": "test", "HDR_011": "test", "HDR_002": "train", "HDR_008": "train"}
    expected |= dict.fromkeys(("HDR_006", "HDR_007", "HDR_009"), "validation")
    assert scenes.split.dropna().to_dict() == expected
    assert scenes.notes["HDR_002"] == "HDR image turned by rot270"
    assert (scenes.orientation[scenes.kept].drop("HDR_002") == "identity").all()
    assert "LDR_exposure_0/LDR_003.jpg: cannot be read as an image" in scenes.reason["HDR_003"]
    assert scenes.reason["HDR_005"] == "HDR/HDR_005.hdr: no exposure of EV +2"
    scores = read_table(paper / "scores.csv")
    assert set(scores.scene) == {"HDR_001", "HDR_004", "HDR_011"}
    assert set(scores.method) == {"metahdr", "joint", "gamma_2", "debevec"}
    merged = scores[(scores.method == "debevec") & (scores.metric == "psnr") & (scores.alignment == "plain")]
    assert merged[merged.region == "all"].value.mean() > 20, "the dataset's exposures and truth belong together"


def test_the_memory_of_every_stage_that_takes_long_is_known(paper):
    stages = json.loads((paper / "provenance.json").read_text(encoding="utf-8"))["stages"]
    long = [row for row in stages.values() if row["longest"] > 2]
    assert long and all(row["megabytes"] > 100 for row in long)


@pytest.mark.parametrize("number", range(0, 12, 3))
def test_the_merge_of_a_real_scenes_bracket_is_opencvs_and_nearer_to_the_truth(views, number):
    view, evs = views[number], [-2.0, 0.0, 2.0]
    exposures = np.stack([expose(view, ev, RESPONSE) for ev in evs])
    tensor = torch.from_numpy(exposures.transpose(0, 3, 1, 2)).float() / 255
    theirs = OpenCVMerge().reconstruct(tensor, evs)[0].permute(1, 2, 0).numpy()
    ours = merge(exposures, evs, inverse_response(exposures, evs))
    seen = (view > 0.05) & (view < 2)
    logs = {name: np.log2(image[seen] / view[seen]) for name, image in (("ours", ours), ("theirs", theirs))}
    errors = {name: np.median(np.abs(log - np.median(log))) for name, log in logs.items()}
    assert errors["ours"] < 0.03 and errors["ours"] < errors["theirs"] < 0.03
    apart = logs["ours"] - logs["theirs"]
    assert np.median(np.abs(apart - np.median(apart))) < 0.03  # stops
