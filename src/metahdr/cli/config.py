"""`metahdr config`."""

from argparse import _SubParsersAction
from pathlib import Path

from metahdr.cli.checkout import CONFIG, check_checkout
from metahdr.errors import UserError

SCHEMA = Path("workflow/schemas/config.schema.json")


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("config", help="print the default configuration, every key with its meaning")
    parser.add_argument("--write", action="store_true", help=f"write {CONFIG} and {SCHEMA}")
    parser.add_argument("--force", action="store_true", help="write them over changed values, too")
    parser.set_defaults(call=config)


def config(write: bool, force: bool) -> None:
    from metahdr.config.check import differing
    from metahdr.config.document import read_yaml
    from metahdr.config.model import Config
    from metahdr.config.render import commented_yaml, schema
    from metahdr.files import write_text

    if not write and not force:
        print(commented_yaml(), end="")
        return
    check_checkout()
    if CONFIG.exists() and not force:
        defaults = Config().model_dump(mode="json", by_alias=True)
        if lost := differing(read_yaml(CONFIG), defaults):
            raise UserError(
                f"{CONFIG}: not the defaults: {', '.join(lost)}; nothing is written. Values of your own stand "
                "better in a file of their own (--configfile); metahdr config --force loses them"
            )
    write_text(CONFIG, commented_yaml())
    write_text(SCHEMA, schema())
