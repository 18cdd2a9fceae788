"""Train a method."""

from pathlib import Path

from metahdr.datasets.raw import raw_files
from metahdr.registry import METHODS, LayoutName, MethodName
from metahdr.training.inputs import TrainingInputs
from metahdr.workflow.script import run


def main(
    method: MethodName,
    data: Path,
    sources: Path,
    raw: Path,
    kind: LayoutName,
    seed: int,
    threads: int,
    code: str,
    state: Path,
    model: Path,
    history: Path,
    settings: dict | None = None,
) -> None:
    """Train a method; started again after an interruption, it goes on where it was.

    `data` is the results folder of a fold. `sources` is the JSON manifest of the sources; their files lie below
    `raw` and are of `kind` panoramas, photographs or pairs. `code` is the digest of the code that trains,
    `state` the file that an interrupted training goes on from, `settings` the method's section of the
    configuration where it has one. The training writes its weights to `model` and one row for each step to
    `history`.
    """
    trained = METHODS[method]
    files = raw_files(sources, raw)
    section = trained.settings.model_validate(settings) if trained.settings else None
    trained.train(TrainingInputs(data, files, kind, section, seed, threads, code, state), model, history)


if __name__ == "__main__":
    run(main)
