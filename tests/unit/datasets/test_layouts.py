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


def test_a_pair_without_exposures_is_named():
    with pytest.raises(UserError, match=r"HDR/HDR_003\.hdr: no LDR_exposure_\*/ file has its number '003'"):
        find_sources("pairs", ["HDR/HDR_003.hdr", "LDR_exposure_0/LDR_001.jpg"])


def test_two_sources_of_one_name_are_refused():
    with pytest.raises(UserError, match=r"b/oak\.hdr: a second file called oak"):
        find_sources("photographs", ["a/oak.exr", "b/oak.hdr"])


@pytest.mark.parametrize("name", ["a+b.hdr", "..hdr", "...hdr", "sub/c+.exr"])
def test_a_source_whose_name_is_not_plain_is_refused(name):
    with pytest.raises(UserError, match="the name of a source: found .*letters, digits and"):
        find_sources("photographs", ["oak.exr", name])


def test_a_dataset_without_hdr_images_is_refused():
    with pytest.raises(UserError):
        find_sources("photographs", ["oak.jpg"])


def test_exposures_other_than_the_configured_ones_are_refused():
    files = ["HDR/HDR_001.hdr", "LDR_exposure_-2/LDR_001.jpg", "LDR_exposure_0/LDR_001.jpg"]
    sources = find_sources("pairs", [*files])
    check_exposures(sources, [-2.0, 0.0])
    with pytest.raises(
        UserError, match=r"-2, \+0, \+2 are wanted; these sources bring others:\n  HDR_001: -2, \+0"
    ):
        check_exposures(sources, [-2.0, 0.0, 2.0])
