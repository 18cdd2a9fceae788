"""Checking a configuration: all mistakes at once."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from metahdr.config.document import read_yaml
from metahdr.config.explain import explain
from metahdr.config.model import Config
from metahdr.errors import UserError


def load(values: dict[str, Any]) -> Config:
    """The configuration, checked.

    Raises:
        UserError: names every mistake with its key, the value found, what is allowed and, for an unknown key, the
            nearest known one. Mistakes between keys are named once each key by itself is right.
    """
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise _refusal(explain(error)) from None
    if lines := _between_sections(config):
        raise _refusal(lines)
    return config


def read_files(paths: list[Path]) -> Config:
    """The configuration in YAML files, each laid over those before it, as Snakemake does it.

    Raises:
        UserError: a file is missing, is not YAML or has a key twice, or `load` refuses the whole.
    """
    values: dict[str, Any] = {}
    for path in paths:
        lay_over(values, read_yaml(path))
    return load(values)


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


def _refusal(lines: list[str]) -> UserError:
    return UserError(f"{len(lines)} mistake(s) in the configuration:\n" + "\n".join(lines))
