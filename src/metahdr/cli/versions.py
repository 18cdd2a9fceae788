"""`metahdr publish` and `metahdr restore`: of what config/config.yaml says, to and from DVC's default remote."""

from argparse import _SubParsersAction
from pathlib import Path

from metahdr.cli.checkout import CONFIG, add_configfile, read_config
from metahdr.errors import UserError, listed


def add(commands: _SubParsersAction) -> None:
    for call, what in (
        (publish, "push data and results with DVC"),
        (restore, "bring published ones back with DVC"),
    ):
        parser = commands.add_parser(call.__name__, help=what)
        add_configfile(parser)
        parser.set_defaults(call=call)


def publish(configfile: list[Path]) -> None:
    from metahdr.workflow import versions

    _check_stage(configfile)
    versions.publish(read_config([]).data)


def restore(configfile: list[Path]) -> None:
    from metahdr.workflow import versions

    _check_stage(configfile)
    config = read_config([])
    versions.restore(config.data, config.results)


def _check_stage(configfile: list[Path]) -> None:
    """DVC's one stage is the run of config/config.yaml: its paths and the parameters of dvc.lock are that file's.

    Raises:
        UserError: other files change the configuration.
    """
    from metahdr.config.check import differing

    asked, run = (read_config(files).model_dump(mode="json", by_alias=True) for files in (configfile, []))
    if keys := differing(asked, run):
        raise UserError(
            f"DVC's stage is the run of {CONFIG}; {' '.join(map(str, configfile))} changes "
            f"{', '.join(listed(keys, 5))}. Put these values into {CONFIG} and leave it out"
        )
