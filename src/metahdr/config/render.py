"""The commented YAML and the JSON schema, written from the model."""

import json

from metahdr.config.base import Section
from metahdr.config.model import Config


def commented_yaml() -> str:
    """The text of `config/config.yaml`: the default configuration, the meaning of every key above it.

    The first line names the schema, so that editors check the file while it is typed.
    """
    lines = [
        "# yaml-language-server: $schema=../workflow/schemas/config.schema.json",
        "# The default run. Written by `metahdr config` from src/metahdr/config/, where types and ranges are;",
        "# edit the values, not the comments.",
    ]
    return "\n".join([*lines, *_keys(Config())]) + "\n"


def _keys(section: Section) -> list[str]:
    """The lines of a section; sections outside another one have an empty line before them."""
    lines, values = [], section.model_dump()
    for name, field in type(section).model_fields.items():
        key = field.alias or name
        if isinstance(field.default, Section):
            lines += [""] if isinstance(section, Config) else []
            lines += [f"# {field.default.__doc__}", f"{key}:", *(f"  {line}" for line in _keys(field.default))]
        else:
            lines += [f"# {field.description}", f"{key}: {json.dumps(values[name])}"]
    return lines


def schema() -> str:
    """The text of `workflow/schemas/config.schema.json`; no key is required, so that it fits overlays too."""
    return json.dumps(Config.model_json_schema(), indent=2) + "\n"
