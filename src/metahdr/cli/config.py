"""`metahdr config`."""

from argparse import _SubParsersAction
from pathlib import Path

CONFIG = Path("config/config.yaml")


def add(commands: _SubParsersAction) -> None:
    commands.add_parser("config", help="write config/config.yaml and its schema").set_defaults(call=write_config)


def write_config() -> None:
    from metahdr.config.render import commented_yaml, schema

    CONFIG.write_text(commented_yaml())
    Path("workflow/schemas/config.schema.json").write_text(schema())
