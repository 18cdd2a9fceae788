"""What the EXIF data of a photograph say of its exposure."""

import math
from typing import NamedTuple

from PIL import Image
from PIL.ExifTags import IFD, Base

from metahdr.errors import ImageError

_SENSITIVITIES = (Base.RecommendedExposureIndex, Base.StandardOutputSensitivity, Base.ISOSpeed)
_MOST_ISO = 65535  # that ISOSpeedRatings holds


class Settings(NamedTuple):
    """A camera's settings; None where the file does not say.

    Attributes:
        seconds: exposure time.
        aperture: f-number.
        iso: sensitivity.
    """

    seconds: float | None = None
    aperture: float | None = None
    iso: float | None = None


def read_settings(exif: Image.Exif) -> Settings:
    """The settings in EXIF data; numbers that are not positive count as missing.

    Time and aperture may be given as APEX values alone (EXIF 2.32, annex C). ISOSpeedRatings has 16 bits: where it
    is at its end, the tags that the standard has for larger values hold (SensitivityType).
    """
    tags = exif.get_ifd(IFD.Exif)
    written = make_settings(*(tags.get(tag) for tag in (Base.ExposureTime, Base.FNumber, Base.ISOSpeedRatings)))
    others = [_positive(tags.get(tag)) for tag in _SENSITIVITIES]
    is_known = written.iso and written.iso < _MOST_ISO
    return Settings(
        written.seconds or _apex(tags.get(Base.ShutterSpeedValue), -1),
        written.aperture or _apex(tags.get(Base.ApertureValue), 0.5),
        written.iso if is_known else next(filter(None, others), None),
    )


def make_settings(seconds: object, aperture: object, iso: object) -> Settings:
    """Settings of numbers, fractions or tuples, whose first entry counts; anything else counts as missing."""
    return Settings(*(_positive(value) for value in (seconds, aperture, iso)))


def relative_stops(
    names: list[str], settings: list[Settings], remedy: str = "give the stops of all exposures with --ev"
) -> list[float]:
    """Stops of each exposure relative to the middle one (of an even number, the darker of the two).

    log2(seconds * iso / aperture^2), as APEX has it (EXIF 2.32, annex C). If no file gives the aperture, as with
    lenses without contacts, or the ISO, it counts as equal in all.

    Args:
        names: of the files, for errors.
        remedy: what the user can do where the files do not tell.

    Raises:
        ImageError: a file has no exposure time, or only some have an aperture or ISO.
    """
    for kind, title in (("seconds", "exposure time"), ("aperture", "aperture"), ("iso", "ISO")):
        missing = [name for name, one in zip(names, settings, strict=True) if getattr(one, kind) is None]
        if missing and (kind == "seconds" or len(missing) < len(names)):
            raise ImageError(f"{missing[0]}: its EXIF data have no {title}; {remedy}")
    evs = [math.log2(one.seconds * (one.iso or 1) / (one.aperture or 1) ** 2) for one in settings]
    middle = sorted(evs)[(len(evs) - 1) // 2]
    return [ev - middle for ev in evs]


def _apex(value: object, per_step: float) -> float | None:
    """2 to the power of an APEX value times its logarithm's share; None where it is no number."""
    try:
        number = 2.0 ** (per_step * float(value))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _positive(value: object) -> float | None:
    value = value[0] if isinstance(value, tuple) and value else value
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0 else None
