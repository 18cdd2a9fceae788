"""Reading of a configuration: every mistake is explained, all at once."""

import difflib
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from metahdr.config.model import Config
from metahdr.errors import UserError


def load(values: dict[str, Any]) -> Config:
    """Checks a configuration.

    Raises:
        UserError: names every mistake at once, each with its key, the value found, what is allowed and,
            for an unknown key, the nearest known one.
    """
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise _refusal([_explain(mistake) for mistake in error.errors()]) from None
    lines = []
    if config.expose.method == "percentile" and len(config.expose.percentiles) != len(config.expose.evs):
        lines.append(
            f"  expose.percentiles: found {len(config.expose.percentiles)} ranges for {len(config.expose.evs)} "
            "evs; give one range per ev"
        )
    arms, baseline = config.ablation.arms, config.ablation.baseline
    if baseline is not None and baseline not in arms:
        lines.append(f"  ablation.baseline: found {baseline!r}; no such arm; {_nearest(baseline, list(arms))}")
    for name in arms:
        try:
            config.arm(name)
        except ValidationError as error:  # keys that are right one by one, but not together
            lines += [_explain(mistake, ("ablation", "arms", name)) for mistake in error.errors()]
    if lines:
        raise _refusal(lines)
    return config


def _refusal(lines: list[str]) -> UserError:
    return UserError(f"{len(lines)} mistake(s) in the configuration:\n" + "\n".join(lines))


def _explain(mistake: dict[str, Any], inside: tuple[str, ...] = ()) -> str:
    location = [*inside, *(part for part in mistake["loc"] if part != "[key]")]
    key = ".".join(str(part) for part in location)
    if mistake["type"] == "extra_forbidden":
        return f"  {key}: unknown key; {_nearest(str(location[-1]), _known_keys(location[:-1]))}"
    found, allowed = mistake["input"], mistake["msg"]
    line = f"  {key}: found {found!r}; {allowed[0].lower()}{allowed[1:]}"
    if isinstance(found, str) and mistake["type"] in ("float_type", "int_type") and _is_number(found):
        number = float(found)
        line += f" ({found} was read as text: write {int(number) if mistake['type'] == 'int_type' else number!r})"
    return line


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(known) or 'none'}"


def _known_keys(path: list[Any]) -> list[str]:
    model: Any = Config
    for part in path:
        if get_origin(model) is dict:  # of sections: any name leads to one
            model = get_args(get_args(model)[1])[0]
            continue
        field = next(f for name, f in model.model_fields.items() if part in (name, f.alias))
        model = field.annotation
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
