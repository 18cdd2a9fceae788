import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.TiffImagePlugin import IFDRational

from metahdr.errors import UserError
from metahdr.images.exif import Settings, make_settings, read_settings, relative_stops

MIDDLE = Settings(1 / 100, 8, 100)


@pytest.mark.parametrize(
    ("other", "stops"),
    [
        (Settings(1 / 25, 8, 100), 2),  # four times the time
        (Settings(1 / 100, 4, 100), 2),  # half the f-number is four times the area
        (Settings(1 / 100, 8, 800), 3),  # eight times the sensitivity
        (Settings(1 / 400, 4, 100), 0),
        (Settings(1 / 200, 11.3137085, 50), -3),  # a stop of each
        (Settings(30, 8, 100), 11.550747),  # log2(3000)
    ],
)
def test_stops_of_two_exposures_are_those_of_time_area_and_sensitivity(other, stops):
    low, high = relative_stops(["a", "b"], [MIDDLE, other])
    assert high - low == pytest.approx(stops, abs=1e-6)


def test_the_middle_exposure_has_no_stops_in_any_order():
    times = [1 / 50, 1 / 800, 1 / 200, 1 / 3200, 1 / 12.5]
    assert relative_stops(list("abcde"), [Settings(t, 8, 100) for t in times]) == pytest.approx([2, -2, 0, -4, 4])
    assert relative_stops(list("ab"), [Settings(t, 8, 100) for t in times[:2]]) == pytest.approx([4, 0])


def test_fractions_arrive_from_a_file(tmp_path):
    exif = Image.Exif()
    values = {Base.ExposureTime: IFDRational(1, 160), Base.FNumber: IFDRational(28, 10), Base.ISOSpeedRatings: 200}
    exif.get_ifd(IFD.Exif).update(values)
    Image.new("RGB", (20, 20)).save(tmp_path / "a.jpg", exif=exif)
    with Image.open(tmp_path / "a.jpg") as image:
        assert read_settings(image.getexif()) == pytest.approx((1 / 160, 2.8, 200))


def settings_of(**tags):
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif).update({getattr(Base, name): value for name, value in tags.items()})
    return read_settings(exif)


def test_apex_values_stand_in_for_time_and_aperture():
    """EXIF 2.32, annex C: time 2^-TV, f-number sqrt(2)^AV."""
    settings = settings_of(ShutterSpeedValue=IFDRational(7, 1), ApertureValue=IFDRational(5, 1))
    assert settings[:2] == pytest.approx((1 / 128, 32**0.5))
    assert settings_of(ShutterSpeedValue=IFDRational(-2, 1)).seconds == 4
    assert settings_of(ExposureTime=IFDRational(1, 100), ShutterSpeedValue=7).seconds == pytest.approx(1 / 100)
    assert settings_of(ApertureValue=IFDRational(1, 0)).aperture is None


def test_a_sensitivity_beyond_16_bits_is_in_another_tag():
    assert settings_of(ISOSpeedRatings=65535, RecommendedExposureIndex=204800).iso == 204800
    assert settings_of(ISOSpeedRatings=65535, StandardOutputSensitivity=102400).iso == 102400
    assert settings_of(ISOSpeed=400).iso == 400
    assert settings_of(ISOSpeedRatings=800, RecommendedExposureIndex=400).iso == 800
    assert settings_of(ISOSpeedRatings=65535).iso is None


@pytest.mark.parametrize("value", [None, 0, -1, "", "fast", IFDRational(1, 0), float("inf"), (), b"\x00"])
def test_what_is_no_positive_number_is_missing(value):
    assert make_settings(value, value, value) == Settings()


def test_the_first_of_several_sensitivities_counts():
    assert make_settings(1, 1, (400, 800)).iso == 400


def test_a_lens_without_contacts_has_one_aperture():
    assert relative_stops(["a", "b"], [Settings(1 / 4), Settings(1)]) == pytest.approx([0, 2])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Settings(None, 8, 100), "b: its EXIF data have no exposure time; give the stops of .* with --ev"),
        (Settings(1, None, 100), "b: its EXIF data have no aperture"),
        (Settings(1, 8, None), "b: its EXIF data have no ISO"),
    ],
)
def test_missing_settings_are_named(other, message):
    with pytest.raises(UserError, match=message):
        relative_stops(["a", "b"], [MIDDLE, other])
