"""Train a method; started again after an interruption, it goes on where it was."""

import json
from pathlib import Path

from metahdr.registry import METHODS
from metahdr.script import run
from metahdr.training.inputs import TrainingInputs


def main(
    method: str,
    data: Path,
    sources: Path,
    raw: Path,
    kind: str,
    settings: dict,
    seed: int,
    threads: int,
    code: str,
    state: Path,
    model: Path,
    history: Path,
) -> None:
    trained = METHODS[method]
    files = {name: raw / source["hdr"] for name, source in json.loads(sources.read_text()).items()}
    section = trained.settings.model_validate(settings)
    trained.train(TrainingInputs(data, files, kind, section, seed, threads, code, state), model, history)


if __name__ == "__main__":
    run(main)
