"""YAML files that people write, and YAML on the command line."""

from pathlib import Path
from typing import Any

import yaml

from metahdr.errors import UserError


class _Twice(yaml.YAMLError):
    pass


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Refuses a key that stands twice in one mapping; YAML's own loaders take the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        lines: dict[Any, int] = {}
        for key, _ in node.value:
            merges = key.tag == "tag:yaml.org,2002:merge"  # `<<: *anchor`
            name, line = key.value if merges else self.construct_object(key, deep=True), key.start_mark.line + 1
            if name in lines:
                raise _Twice(f"{name!r} stands twice, in line {lines[name]} and in line {line}; keep one of them")
            lines[name] = line
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """The entries of a YAML file by name; none of an empty one.

    Raises:
        UserError: it cannot be read, is not YAML, holds no entries, or has a key twice, with both lines.
    """
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), _Loader) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({getattr(error, 'strerror', '') or error})") from None
    except _Twice as error:
        raise UserError(f"{path}: {error}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML ({' '.join(str(error).split())})") from None
    if not isinstance(entries, dict):
        raise UserError(f"{path}: expected entries by name, found {type(entries).__name__}")
    return entries


def resolved(value: Any) -> Any:
    """What nested values of Snakemake's `--config` are in YAML: it hands them on as text, `{iterations: "3"}`."""
    if isinstance(value, dict):
        return {key: resolved(each) for key, each in value.items()}
    if isinstance(value, list):
        return [resolved(each) for each in value]
    try:
        found = yaml.safe_load(value) if isinstance(value, str) else value
    except yaml.YAMLError:
        return value
    return value if isinstance(found, dict | list) else found
