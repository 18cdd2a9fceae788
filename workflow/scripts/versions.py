"""Publish the results of a run with DVC, or restore published ones, so that Snakemake has nothing to do."""

from pathlib import Path

from metahdr.config.check import read_files
from metahdr.workflow.script import run
from metahdr.workflow.versions import publish, restore


def main(action: str) -> None:
    """`action`: publish or restore, of what config/config.yaml says. A DVC remote must be the default one."""
    config = read_files([Path("config/config.yaml")])
    if action == "publish":
        publish(config.data)
    else:
        restore(config.data, config.results)


if __name__ == "__main__":
    run(main)
