"""The settings that a network was trained with, as its file has them."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from metahdr.config.base import Section, TrainingSection
from metahdr.errors import UserError

AnySection = TypeVar("AnySection", bound=Section)


def read_settings(path: Path, section: type[AnySection], saved: dict[str, Any]) -> AnySection:
    """The settings that a file was saved with.

    Args:
        path: of the file, for errors.
        section: that the settings are of.
        saved: the settings by key.

    Raises:
        UserError: names the first key that the section does not have, such as one of an older version, or whose
            value it does not allow.
    """
    try:
        return section.model_validate(saved)
    except ValidationError as error:
        mistake = error.errors()[0]
        key = ".".join(map(str, mistake["loc"]))
        reason = "unknown key" if mistake["type"] == "extra_forbidden" else mistake["msg"]
        raise UserError(
            f"{path}: saved with settings of another version of metahdr ({key}: {reason}); train it again"
        ) from None


def check_settings(path: Path, found: TrainingSection, expected: TrainingSection) -> None:
    """Refuses a network that was trained with other settings.

    Args:
        path: of its file.
        found: settings that it was trained with.
        expected: those of the configuration.

    Raises:
        UserError: names the file, and each key with what was found and what was expected.
    """
    ours, theirs = (section.with_effect for section in (found, expected))
    lines = [f"  {key}: found {ours[key]!r}, expected {theirs[key]!r}" for key in ours if ours[key] != theirs[key]]
    if lines:
        raise UserError(
            f"{path}: trained with other settings than the configuration has\n"
            + "\n".join(lines)
            + "\n  remove the file, so that it is trained again, or take the configuration of its training"
        )
