import pytest

from metahdr.datasets.layouts import Source, check_exposures, find_sources
from metahdr.errors import UserError


def test_every_hdr_file_of_a_folder_is_a_source_of_its_own():
    sources = find_sources("photographs", ["oak.exr", "sub/elm.hdr", "sub/elm.jpg"])
    assert sources == {"elm": Source("sub/elm.hdr", {}), "oak": Source("oak.exr", {})}


def test_pairs_are_joined_by_number_and_ordered_by_exposure():
    names = [f"LDR_exposure_{ev}/LDR_{number}.jpg" for number in ("002", "001") for ev in ("2", "-2", "0")]
    sources = find_sources("pairs", ["HDR/HDR_001.hdr", *names, "HDR/HDR_002.hdr"])
    assert list(sources) == ["HDR_001", "HDR_002"]
    assert sources["HDR_002"].files == [
        "HDR/HDR_002.hdr",
        "LDR_exposure_-2/LDR_002.jpg",
        "LDR_exposure_0/LDR_002.jpg",
        "LDR_exposure_2/LDR_002.jpg",
    ]


def test_a_pair_that_lacks_exposures_says_which():
    ldrs = [f"LDR_exposure_{ev}/LDR_001.jpg" for ev in ("-2", "0", "+2")] + ["LDR_exposure_0/LDR_002.jpg"]
    sources = find_sources("pairs", [*(f"HDR/HDR_00{number}.hdr" for number in (1, 2, 4)), *ldrs])
    assert {name: source.flaw for name, source in sources.items()} == {
        "HDR_001": "",
        "HDR_002": "HDR/HDR_002.hdr: no exposure of EV -2, +2",
        "HDR_004": "HDR/HDR_004.hdr: no exposure of EV -2, +0, +2",
    }


def test_what_systems_leave_is_no_source_and_no_exposure():
    strays = ["._oak.exr", "__MACOSX/._oak.exr", "@eaDir/oak.exr", ".part-0-oak.exr"]
    assert find_sources("photographs", ["oak.exr", *strays]) == {"oak": Source("oak.exr")}
    names = ["a/dark_EV-2.jpg", "a/bright_EV2.jpg"]
    sources = find_sources("brackets", [*names, "a/._dark_EV-2.jpg", "a/@eaDir/dark_EV-2.jpg"])
    assert sources == {"a": Source(None, {-2.0: names[0], 2.0: names[1]})}


def test_two_sources_of_one_name_are_refused():
    with pytest.raises(UserError, match=r"b/oak\.hdr: a second file called oak"):
        find_sources("photographs", ["a/oak.exr", "b/oak.hdr"])


@pytest.mark.parametrize("name", ["a+b.hdr", "sub/c+.exr"])
def test_a_source_whose_name_is_not_plain_is_refused(name):
    with pytest.raises(UserError, match="the name of a source: found .*letters, digits and"):
        find_sources("photographs", ["oak.exr", name])


def test_a_dataset_without_hdr_images_is_refused():
    with pytest.raises(UserError):
        find_sources("photographs", ["oak.jpg"])


def test_fewer_exposures_than_configured_in_all_sources_are_refused():
    files = ["HDR/HDR_001.hdr", "LDR_exposure_-2/LDR_001.jpg", "LDR_exposure_0/LDR_001.jpg"]
    sources = find_sources("pairs", [*files])
    check_exposures(sources, [-2.0, 0.0])
    with pytest.raises(UserError, match=r"-2, \+0, \+2 are wanted; no source brings more than 2"):
        check_exposures(sources, [-2.0, 0.0, 2.0])


def test_one_exposure_of_an_hdr_image_serves_the_repair_and_is_no_bracket():
    numbered = ["HDR-Real/LDR_in/00001.jpg", "HDR-Real/HDR_gt/00001.hdr", "HDR-Real/HDR_gt/00002.hdr"]
    sources = find_sources("numbered-pairs", numbered)
    assert sources["00001"] == Source("HDR-Real/HDR_gt/00001.hdr", {0.0: "HDR-Real/LDR_in/00001.jpg"})
    assert not sources["00001"].brings_exposures
    assert sources["00002"].flaw == "HDR-Real/HDR_gt/00002.hdr: no image in LDR_in"
    folders = ["HDR-Eye/00001/input.jpg", "HDR-Eye/00001/gt.hdr", "HDR-Eye/00002/gt.hdr"]
    sources = find_sources("input-gt", folders)
    assert sources["00001"] == Source("HDR-Eye/00001/gt.hdr", {0.0: "HDR-Eye/00001/input.jpg"})
    assert sources["00002"].flaw == "HDR-Eye/00002/gt.hdr: no input.jpg"


def test_kalantaris_scenes_are_called_by_their_folders_and_have_their_evs_in_a_table():
    names = ["262A0898.tif", "262A0899.tif", "262A0897.tif", "exposure.txt", "HDRImg.hdr"]
    files = [f"Training/001/{name}" for name in names]
    files += ["Test/EXTRA/Bird/a.tif", "Test/EXTRA/Bird/exposure.txt", "Test/EXTRA/Bird/HDRImg.hdr"]
    sources = find_sources("kalantari", files)
    assert sources["Training_001"] == Source(
        "Training/001/HDRImg.hdr",
        bracket=tuple(f"Training/001/262A089{number}.tif" for number in (7, 8, 9)),
        table="Training/001/exposure.txt",
    )
    assert sources["Test_EXTRA_Bird"].flaw == "Test/EXTRA/Bird/exposure.txt: 1 TIFF file(s), expected 3"


def test_vds_exposures_are_found_by_the_evs_in_their_names():
    evs = [-3, -2, -1, 0, 1, 2, 3]
    files = ["HDR/t92.hdr", *(f"LDR/t92_{ev}EV_true.jpg.png" for ev in evs), "HDR/t93.hdr"]
    sources = find_sources("vds", files)
    assert sources["t92"].ldr == {float(ev): f"LDR/t92_{ev}EV_true.jpg.png" for ev in evs}
    assert sources["t93"].flaw == "HDR/t93.hdr: no exposures"


@pytest.mark.parametrize("between", ["/", "_"])
def test_hdr_eyes_brackets_are_joined_to_their_hdr_images(between):
    brackets = [f"Bracketed_images/C01{between}{number}.jpg" for number in range(9)]
    sources = find_sources("hdr-eye", ["HDR/C01_HDR.hdr", "LDR/C01_LDR.jpg", *brackets])
    assert sources == {"C01": Source("HDR/C01_HDR.hdr", bracket=tuple(brackets))}


def test_a_folder_of_exposures_is_a_scene_with_or_without_an_hdr_image():
    files = ["oak/IMG_1.jpg", "oak/IMG_2.jpg", "oak/oak.exr", "elm/EV-2.png", "elm/EV0.png", "elm/EV+2.png"]
    files += ["ash/a.tif", "ash/b.tif", "ash/exposures.csv", "fir/a.jpg", "yew/x_+1.5EV.jpg", "yew/x_0EV.jpg"]
    sources = find_sources("brackets", files)
    assert sources["oak"] == Source("oak/oak.exr", bracket=("oak/IMG_1.jpg", "oak/IMG_2.jpg"))
    assert sources["elm"] == Source(None, {-2.0: "elm/EV-2.png", 0.0: "elm/EV0.png", 2.0: "elm/EV+2.png"})
    assert sources["ash"] == Source(None, bracket=("ash/a.tif", "ash/b.tif"), table="ash/exposures.csv")
    assert sources["yew"].ldr == {1.5: "yew/x_+1.5EV.jpg", 0.0: "yew/x_0EV.jpg"}
    assert "expected at most 1, and at least 2" in sources["fir"].flaw


@pytest.mark.parametrize("stem", ["seven1", "DEV2", "2EVa", "IMG_0002"])
def test_a_number_beside_letters_that_only_look_like_ev_is_no_ev(stem):
    sources = find_sources("brackets", [f"oak/{stem}.jpg", "oak/EV0.jpg"])
    assert sources["oak"].bracket == tuple(sorted((f"oak/{stem}.jpg", "oak/EV0.jpg")))
