"""The commented YAML and the JSON schema, written from the model."""

import json
from textwrap import wrap
from typing import Any

import yaml

from metahdr.config.base import Section
from metahdr.config.model import Config

WIDTH = 120  # characters in a line
NOT_READ = ("training", "motion", "radiance_study", "benchmark")  # by the default run


def commented_yaml() -> str:
    """The text of `config/config.yaml`: what the default run reads, the meaning of every key above it.

    The first line names the schema, so that editors check the file while it is typed.
    """
    lines = [
        "# yaml-language-server: $schema=../workflow/schemas/config.schema.json",
        "# The default run. Written by `make config` from src/metahdr/config/, where types and ranges are;",
        "# edit the values, not the comments. Sections that this run does not read are left out:",
        "# workflow/schemas/config.schema.json describes them all, and the other files in config/ have them.",
    ]
    return "\n".join([*lines, *_keys(Config())]) + "\n"


def _keys(section: Section, indent: str = "") -> list[str]:
    """The lines of a section; sections outside another one have an empty line before them."""
    lines, values = [], section.model_dump()
    for name, field in type(section).model_fields.items():
        key = field.alias or name
        if isinstance(section, Config) and name in NOT_READ:
            continue
        if isinstance(field.default, Section):
            lines += [] if indent else [""]
            lines += [*_comment(field.default.__doc__, indent), f"{indent}{key}:"]
            lines += _keys(field.default, indent + "  ")
        else:
            lines += [*_comment(field.description, indent), *_value(key, values[name], indent)]
    return lines


def _value(key: str, value: Any, indent: str) -> list[str]:
    """A key with its value on one line, or on several where that is too long."""
    line = f"{indent}{key}: {json.dumps(value)}"
    if len(line) <= WIDTH:
        return [line]
    text = yaml.safe_dump(value, sort_keys=False)
    return [f"{indent}{key}:", *(f"{indent}  {each}" for each in text.splitlines())]


def _comment(text: str, indent: str) -> list[str]:
    start = f"{indent}# "
    return wrap(text, WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False)


def schema() -> str:
    """The text of `workflow/schemas/config.schema.json`; no key is required, so that it fits overlays too."""
    written = json.dumps(Config.model_json_schema())
    return json.dumps(json.loads(written, object_hook=_unwrapped), indent=2) + "\n"


def _unwrapped(part: dict) -> dict:
    """A part of the schema with its description on one line."""
    if isinstance(part.get("description"), str):
        part["description"] = " ".join(part["description"].split())
    return part
