"""`metahdr publish` and `metahdr restore`: of what config/config.yaml says, to and from DVC's default remote."""

from argparse import _SubParsersAction

from metahdr.cli.config import CONFIG


def add(commands: _SubParsersAction) -> None:
    commands.add_parser("publish", help="push data and results with DVC").set_defaults(call=publish)
    commands.add_parser("restore", help="bring published ones back with DVC").set_defaults(call=restore)


def publish() -> None:
    from metahdr.config.check import read_files
    from metahdr.workflow import versions

    versions.publish(read_files([CONFIG]).data)


def restore() -> None:
    from metahdr.config.check import read_files
    from metahdr.workflow import versions

    config = read_files([CONFIG])
    versions.restore(config.data, config.results)
