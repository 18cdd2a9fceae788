"""What a network's file says of its training, and whether it is what a run asks for."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from metahdr.config.base import Section, TrainingSection
from metahdr.errors import UserError
from metahdr.files import sha256
from metahdr.registry import METHODS, MethodName
from metahdr.tables import read_table
from metahdr.weights.facts import read_facts

AnySection = TypeVar("AnySection", bound=Section)


class Asked(Section):
    """What a run asks of a network that it trains.

    Attributes:
        stage: that trains it, as the digests of the code are named.
        method: that is trained.
        settings: of the training, without those that are at their defaults; null where it has none.
        seed: of the training.
        code: digest of the code that trains.
    """

    stage: str
    method: MethodName
    settings: dict[str, Any] | None
    seed: int
    code: str


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
    _refuse({path: _differing(found.with_effect, expected.with_effect)})


def differences(path: Path, asked: Asked) -> list[str]:
    """What a network's file says of its settings, seed and code that a run does not ask for, a line each.

    Raises:
        UserError: it is damaged.
    """
    facts, section = read_facts(path), METHODS[asked.method].settings
    if not facts:
        return ["carries no facts of its training"]
    settings = {"found": facts.get("settings") or {}, "expected": asked.settings or {}}
    found = {key: facts.get(key) for key in ("method", "seed", "code")}
    expected = {"method": asked.method, "seed": asked.seed, "code": asked.code}
    if section:
        try:
            found |= read_settings(path, section, settings["found"]).with_effect
        except UserError as error:
            return [str(error).removeprefix(f"{path}: ")]
        expected |= section.model_validate(settings["expected"]).with_effect
    if "label_sources" in settings["expected"]:  # one of the several that the section stands for
        found["label_sources"], expected["label_sources"] = (each["label_sources"] for each in settings.values())
    return _differing(found, expected)


def differing(asked: dict[str, Asked]) -> dict[str, list[str]]:
    """The networks that are there and not what a run asks for, by their files, with `differences`.

    One that is damaged counts as such.
    """
    found = {}
    for file, each in asked.items():
        if Path(file).is_file():
            try:
                found[file] = differences(Path(file), each)
            except UserError as error:
                found[file] = [str(error)]
    return {file: lines for file, lines in found.items() if lines}


def check_networks(asked: dict[str, Asked]) -> None:
    """Refuses networks that are not what a run asks for: of other settings, seed, code, or files.

    Args:
        asked: by the network's file, which lies in its fold's folder.

    Raises:
        UserError: names every such file with what was found and what was expected.
    """
    known: dict[Path, str] = {}  # folds and trainings share most files
    found = {}
    for path, each in ((Path(file), each) for file, each in asked.items()):
        found[path] = differences(path, each)
        for role, digest in read_facts(path).get("inputs", {}).items():
            now = _digest(path, role, each, known)
            if now != digest:
                found[path].append(f"{role}: found {digest[:12]}, expected {now[:12]}, which is there now")
    _refuse(found)


def _digest(path: Path, role: str, asked: Asked, known: dict[Path, str]) -> str:
    """The SHA-256 of a file that a training reads, by its role (`TrainingLoop`); of a raw one the registered."""
    kind, _, source = role.partition("/")
    fold = next(folder for folder in path.parents if folder.name.startswith("fold"))
    if kind == "raw":
        table = read_table(fold / "scenes.csv")
        return next(iter(table.sha256[table.source == source]), "none")
    places = [fold / role, fold.parent / role, Path((asked.settings or {}).get(role, role))]
    file = next((place for place in places if place.is_file()), None)
    if file and file not in known:
        known[file] = sha256(file)
    return known[file] if file else "none"


def _differing(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    return [
        f"{key}: found {_short(found.get(key))}, expected {_short(expected[key])}"
        for key in expected
        if found.get(key) != expected[key]
    ]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:15]}..."


def _refuse(found: dict[Path, list[str]]) -> None:
    lines = ["\n".join([f"{path}:", *(f"  {line}" for line in lines)]) for path, lines in found.items() if lines]
    if lines:
        raise UserError(
            "trained with something else than the configuration asks for\n"
            + "\n".join(lines)
            + "\n  remove the file, so that it is trained again, or take the configuration of its training"
        )
