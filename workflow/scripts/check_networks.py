"""Refuse networks that are not what the run asks for: of other settings, seed, code or files."""

from metahdr.training.trained_with import Asked, check_networks
from metahdr.workflow.script import run


def main(asked: dict[str, Asked]) -> None:
    """`asked`: what each network is asked to be, by its file."""
    check_networks(asked)


if __name__ == "__main__":
    run(main)
