"""Whether a network was trained with the settings that the configuration has."""

from pathlib import Path

from metahdr.config.base import TrainingSection
from metahdr.errors import UserError


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
