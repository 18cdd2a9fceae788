"""Checking a configuration: all mistakes at once."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from metahdr.config.base import Section
from metahdr.config.document import read_yaml
from metahdr.config.explain import explain
from metahdr.config.model import Config
from metahdr.errors import UserError

More = Callable[[dict[str, Section]], list[str]]


def load(values: dict[str, Any], more: More = lambda sections: []) -> Config:
    """The configuration, checked.

    Args:
        more: what else is wrong where something is, one line each: of files that the configuration names. It is
            given the sections that are right by themselves, by name.

    Raises:
        UserError: names every mistake with its key, the value found, what is allowed and, for an unknown key, the
            nearest known one. Mistakes between keys are named once each key by itself is right.
    """
    try:
        config = Config.model_validate(values)
        lines = _between_sections(config)
    except ValidationError as error:
        lines = explain(error)
    if lines:
        raise refusal([*lines, *more(_right_sections(values))])
    return config


def read_files(paths: list[Path], more: More = lambda sections: []) -> Config:
    """The configuration in YAML files, each laid over those before it, as Snakemake does it.

    Raises:
        UserError: a file is missing, is not YAML or has a key twice, or `load` refuses the whole.
    """
    values: dict[str, Any] = {}
    for path in paths:
        lay_over(values, read_yaml(path))
    return load(values, more)


def differing(values: dict[str, Any], others: dict[str, Any], inside: str = "") -> list[str]:
    """The keys, such as `meta.inner_lr`, whose values others do not have; a key that others alone have is none."""
    keys = []
    for name, value in values.items():
        key, other = f"{inside}{name}", others.get(name)
        if value and isinstance(value, dict) and isinstance(other, dict):
            keys += differing(value, other, f"{key}.")
        elif name not in others or value != other:
            keys.append(key)
    return keys


def lay_over(values: dict[str, Any], others: dict[str, Any]) -> None:
    """Puts other values over these, key by key in sections."""
    for key, value in others.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            lay_over(values[key], value)
        else:
            values[key] = value


def _between_sections(config: Config) -> list[str]:
    """The mistakes that no section sees by itself, one line each."""
    lines = []
    evs, ranges = config.expose.evs, config.expose.percentiles
    if config.expose.method == "percentile" and len(ranges) != len(evs):
        lines.append(f"  expose.percentiles: found {len(ranges)} ranges for {len(evs)} evs; give one range per ev")
    for name in config.meta.variants:
        try:
            config.variant(name)
        except ValidationError as error:  # the changed keys do not go together with those of meta
            lines += explain(error, ("meta", "variants", name))
    for name, variant in config.variants().items():
        whole = {"seeds": config.meta.seeds, "folds": config.split.folds}
        lines += [
            f"  meta.variants.{name}.{key}: found {getattr(variant, key)}; the whole run has {values}"
            for key, values in whole.items()
            if not set(getattr(variant, key)) <= set(values)
        ]
    return lines


def _right_sections(values: dict[str, Any]) -> dict[str, Section]:
    sections = {}
    for name, field in Config.model_fields.items():
        if isinstance(field.default, Section):
            with suppress(ValidationError):
                sections[name] = type(field.default).model_validate(values.get(name, {}))
    return sections


def refusal(lines: list[str]) -> UserError:
    return UserError(f"{len(lines)} mistake(s) in the configuration:\n" + "\n".join(lines))
