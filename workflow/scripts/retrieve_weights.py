"""Put one weight file in place, verified by the hash in the register or by that of its first download."""

from pathlib import Path

from metahdr.datasets.register import WeightFile
from metahdr.datasets.retrieve import retrieve_weights
from metahdr.workflow.script import Address, run


def main(file: WeightFile, out: Path, archives: Path, mirror: Address | None = None) -> None:
    """`archives`: folder of source distributions."""
    retrieve_weights(file, out, mirror, archives)


if __name__ == "__main__":
    run(main)
