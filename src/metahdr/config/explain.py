"""What is wrong in a configuration, in words: key, value found, what is allowed."""

from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from metahdr.config.model import Config
from metahdr.config.training import training_section
from metahdr.errors import nearest


def explain(error: ValidationError, inside: tuple[str, ...] = ()) -> list[str]:
    """One line for each mistake.

    Args:
        error: of a part of the configuration.
        inside: keys that lead to that part.
    """
    return [_line(mistake, inside) for mistake in error.errors()]


def _line(mistake: dict[str, Any], inside: tuple[str, ...]) -> str:
    location = [*inside, *(part for part in mistake["loc"] if part != "[key]")]
    key = ".".join(str(part) for part in location)
    if mistake["type"] == "extra_forbidden":
        return f"  {key}: unknown key; {nearest(str(location[-1]), _known_keys(location[:-1]))}"
    found, allowed = mistake["input"], mistake["msg"]
    line = f"  {key}: found {found!r}; {allowed[0].lower()}{allowed[1:]}"
    if isinstance(found, str) and mistake["type"] in ("float_type", "int_type") and _is_number(found):
        number = float(found)
        line += f" ({found} was read as text: write {int(number) if mistake['type'] == 'int_type' else number!r})"
    return line


def _known_keys(path: list[Any]) -> list[str]:
    """The keys of the section that a path leads to."""
    model: Any = Config
    for part in path:
        if get_origin(model) is dict:  # variants by name: every name leads to one
            model = get_args(model)[1]
            while get_origin(model):  # Annotated, or null allowed
                model = get_args(model)[0]
            continue
        field = next(f for name, f in model.model_fields.items() if part in (name, f.alias))
        # the one type that is not known before it is asked for is that of section training
        model = training_section() if field.annotation is Any else field.annotation
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
