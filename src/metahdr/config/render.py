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
    for name, field in Config.model_fields.items():
        if isinstance(field.default, Section):
            lines += ["", f"# {field.default.__doc__}", f"{name}:"]
            for key, inner in type(field.default).model_fields.items():
                lines += [f"  # {inner.description}", f"  {inner.alias or key}: {json.dumps(inner.default)}"]
        else:
            lines += [f"# {field.description}", f"{name}: {json.dumps(field.default)}"]
    return "\n".join(lines) + "\n"


def schema() -> str:
    """The text of `workflow/schemas/config.schema.json`; no key is required, so that it fits overlays too."""
    return json.dumps(Config.model_json_schema(), indent=2) + "\n"
