import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.TiffImagePlugin import IFDRational

from metahdr.datasets.exposures import read_exposures
from metahdr.datasets.layouts import Source
from metahdr.errors import ImageError

FILES = ("dark.jpg", "bright.jpg", "middle.jpg")


def read(folder, source):
    return {ev: path.name for ev, path in read_exposures(source, folder).items()}


def photograph(path, seconds=None):
    exif = Image.Exif()
    if seconds:
        exif.get_ifd(IFD.Exif).update({Base.ExposureTime: IFDRational(seconds), Base.FNumber: IFDRational(8)})
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(path, exif=exif)


def test_a_source_without_exposures_has_none(tmp_path):
    assert read(tmp_path, Source("a.hdr")) == {}


def test_evs_without_a_zero_are_relative_to_the_middle_one(tmp_path):
    source = Source("a.hdr", {5.0: "e.jpg", 1.0: "a.jpg", 3.0: "c.jpg"})
    assert read(tmp_path, source) == {-2.0: "a.jpg", 0.0: "c.jpg", 2.0: "e.jpg"}


def test_an_ev_that_is_called_0_stays_0(tmp_path):
    assert read(tmp_path, Source("a.hdr", {0.0: "b.jpg", -2.0: "a.jpg"})) == {-2.0: "a.jpg", 0.0: "b.jpg"}


def test_exposure_txt_has_a_number_for_each_file_in_their_order(tmp_path):
    (tmp_path / "exposure.txt").write_text("-3.00\n0.00\n3.00\n", encoding="utf-8")
    source = Source("a.hdr", bracket=("1.tif", "2.tif", "3.tif"), table="exposure.txt")
    assert read(tmp_path, source) == {-3.0: "1.tif", 0.0: "2.tif", 3.0: "3.tif"}


def test_exposures_csv_names_the_files(tmp_path):
    (tmp_path / "exposures.csv").write_text("file,ev\nbright.jpg,3\ndark.jpg,-1\nmiddle.jpg,1\n", encoding="utf-8")
    assert read(tmp_path, Source(None, bracket=FILES, table="exposures.csv")) == {
        -2.0: "dark.jpg",
        0.0: "middle.jpg",
        2.0: "bright.jpg",
    }


def test_evs_of_exif_data_are_the_ratios_of_exposure_times(tmp_path):
    for name, seconds in zip(FILES, (1 / 400, 1 / 25, 1 / 100), strict=True):
        photograph(tmp_path / name, seconds)
    evs = read_exposures(Source(None, bracket=FILES), tmp_path)
    assert list(evs) == pytest.approx([-2, 0, 2], abs=1e-6)
    assert [path.name for path in evs.values()] == ["dark.jpg", "middle.jpg", "bright.jpg"]


def test_photographs_without_exposure_times_say_what_to_do(tmp_path):
    for name in FILES:
        photograph(tmp_path / name)
    with pytest.raises(ImageError, match=r"dark\.jpg: its EXIF data have no exposure time; put exposures\.csv"):
        read_exposures(Source(None, bracket=FILES), tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("-2 0", "2 EV\\(s\\); expected a number for each of 3"),
        ("-2 0 nan", "3 EV"),
        ("-2 0 x", "no table of EVs"),
        ("0 0 2", "EVs 0, 0, 2 of its exposures; expected different ones"),
        ("100 200 400", "expected different ones, in stops"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, text, found):
    (tmp_path / "exposure.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ImageError, match=found):
        read_exposures(Source("a.hdr", bracket=FILES, table="exposure.txt"), tmp_path)


def test_a_file_without_a_row_in_exposures_csv_is_named(tmp_path):
    (tmp_path / "exposures.csv").write_text("file,ev\nbright.jpg,3\ndark.jpg,-1\n", encoding="utf-8")
    with pytest.raises(ImageError, match=r"exposures\.csv: no table of EVs .*middle\.jpg"):
        read_exposures(Source(None, bracket=FILES, table="exposures.csv"), tmp_path)
