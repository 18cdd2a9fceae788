"""The names of files and folders of results; with a wildcard such as `{chunk}` put in, the patterns of rules."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Arrays:
    """A folder with the arrays of scenes: a dataset's, or that of a fold's moving brackets."""

    path: Path

    def scenes(self, chunk: str) -> Path:
        """Radiance, `SOURCE.npy`; a table lies beside it."""
        return self.path / "scenes" / chunk

    def scenes_table(self, chunk: str) -> Path:
        return self.path / "scenes" / f"{chunk}.csv"

    def exposures(self, chunk: str) -> Path:
        return self.path / "exposures" / chunk

    def exposures_table(self, chunk: str) -> Path:
        return self.path / "exposures" / f"{chunk}.csv"

    def moved(self, chunk: str) -> Path:
        """Pixels that something moved over, of moving brackets."""
        return self.path / "moved" / chunk


@dataclass(frozen=True)
class DatasetFolder(Arrays):
    """The results of a dataset: `results/NAME`."""

    @property
    def sources(self) -> Path:
        """Files, place and chunk of every source, JSON."""
        return self.path / "sources.json"

    @property
    def scores(self) -> Path:
        return self.path / "scores.csv"

    @property
    def summary(self) -> Path:
        return self.path / "summary.csv"

    @property
    def origins(self) -> Path:
        """Where all scores were made, JSON."""
        return self.path / "origins.json"

    @property
    def provenance(self) -> Path:
        return self.path / "provenance.json"

    def retrieved(self, chunk: str) -> Path:
        return self.path / "retrieved" / f"{chunk}.json"

    def own(self, chunk: str) -> Path:
        """The exposures that the dataset brings."""
        return self.path / "own" / chunk

    def curves(self, chunk: str) -> Path:
        """The response curves of the cameras."""
        return self.path / "curves" / chunk

    def fold(self, number: int | str) -> "FoldFolder":
        return FoldFolder(self.path / f"fold{number}")


@dataclass(frozen=True)
class FoldFolder:
    """The results of one fold, in the dataset's folder."""

    path: Path

    @property
    def table(self) -> Path:
        """All scenes with their split."""
        return self.path / "scenes.csv"

    @property
    def dataset(self) -> DatasetFolder:
        return DatasetFolder(self.path.resolve().parent)

    @property
    def moving(self) -> Arrays:
        return Arrays(self.path / "moving")

    def labels(self, label_source: str) -> Path:
        """Labels of every exposure, a folder a chunk."""
        return self.path / "labels" / label_source

    def method(self, name: str, moving: bool = False) -> "Cell":
        """What a method made of the fold's scenes, or of their moving brackets."""
        return Cell((self.path / "moving" if moving else self.path) / "methods" / name)

    def training(self, variant: str, label_source: str, seed: int | str) -> "Cell":
        return Cell(self.path / variant / label_source / f"seed{seed}")


@dataclass(frozen=True)
class Cell:
    """What one method or one meta-trained network made: predictions and their scores; of a training its files."""

    path: Path

    def predictions(self, chunk: str) -> Path:
        return self.path / "predictions" / chunk

    def scores(self, chunk: str) -> Path:
        return self.path / "scores" / f"{chunk}.csv"

    def origin(self, chunk: str) -> Path:
        """Where these scores were made, JSON."""
        return self.path / "scores" / f"{chunk}.json"

    @property
    def best(self) -> Path:
        return self.path / "best.pt"

    @property
    def history(self) -> Path:
        return self.path / "history.csv"
