"""The layout of a run: its chunks, trainings, methods and weight files, and the path of every file.

Paths that a rule makes for many chunks, folds or trainings hold Snakemake's wildcards: `{fold}`, `{chunk}`.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from metahdr.config.check import refusal
from metahdr.config.label import labellers
from metahdr.config.model import Config
from metahdr.config.score import METAHDR, Score
from metahdr.datasets.chunks import chunks
from metahdr.datasets.fit import unmet
from metahdr.datasets.layouts import find_sources
from metahdr.datasets.register import WeightFile, find_dataset, known_places, read_weights_register
from metahdr.files import known_sha256
from metahdr.registry import METHODS
from metahdr.workflow.folders import Cell, DatasetFolder
from metahdr.workflow.job import short

WEIGHTS_REGISTER = Path("config/weights.yaml")


class Layout:
    """Where everything of a run lies, and what the run consists of.

    Attributes:
        config: the configuration; `score.metrics` and `score.methods` are lists.
        dataset: the dataset's entry in the register.
        split: section split, with the places that the dataset's named split has.
        sources: files of every source by its name.
        chunks: the sources of every chunk; a chunk is what one job takes.
        weight_files: the register of weight files.
        label_sources: that every network is tested with, so that all rows of a table are paired.
        labellers: the method of every label source whose labels the rule `label` writes. Of the others, `true` is
            the scenes' own, and a method that takes a stack labels while a network trains or adapts.
        methods: those that are scored beside MetaHDR.
        trained: the methods that the run trains, beside its meta-trainings.
        trainings: of the configuration's variants, with each label source and seed, in each fold.
        cells: every folder with predictions.

    Raises:
        UserError: the dataset is not in the register, or does not fit the configuration.
    """

    def __init__(self, config: Config):
        self.dataset = find_dataset(Path(config.data.register_file), config.data.dataset)
        self.sources = find_sources(self.dataset.kind, self.dataset.names)
        if lines := unmet(self.dataset, config.split, config.expose):
            raise refusal(lines)
        self.split = self.dataset.split(config.split)
        self.weight_files = read_weights_register(WEIGHTS_REGISTER)
        self.chunks = chunks(self.sources, config.machine.chunk)
        self.config = self._named(config)
        self.mirror = config.data.mirror or os.environ.get("METAHDR_MIRROR")

        data = Path(config.data.raw).parent
        self.raw = f"{config.data.raw}/{config.data.dataset}"
        self.wheels, self.weights = f"{data}/wheels", f"{data}/weights"
        self.folder = here = DatasetFolder(Path(config.results, config.data.dataset))
        fold = here.fold("{fold}")
        self.data, self.fold = str(here.path), str(fold.path)
        self.manifest, self.table = str(here.sources), str(fold.table)
        chunk_of = (here.retrieved, here.own, here.scenes, here.scenes_table)
        self.retrieved, self.own, self.scenes, self.scenes_table = (str(path("{chunk}")) for path in chunk_of)
        chunk_of = (here.exposures, here.exposures_table, here.curves)
        self.exposures, self.exposures_table, self.curves = (str(path("{chunk}")) for path in chunk_of)
        self.arrays = [self.scenes, self.exposures, self.exposures_table, self.curves]
        there = fold.moving
        chunk_of = (there.scenes, there.exposures, there.moved, there.exposures_table)
        self.moving = [str(path("{chunk}")) for path in chunk_of]
        self.scenes_of_chunk = [self.table, *self.arrays]
        self.all_scenes = [self.table, *self.of_chunks(*self.arrays)]
        self.training = str(fold.training("{variant}", "{label_source}", "{seed}").path)

        self.label_sources = list(dict.fromkeys(["true", "simulated", *config.meta.label_sources]))
        self.labellers = {"simulated": config.label.method} | {name: name for name in labellers()}
        self.methods = self.config.score.method_names()
        self.variants = config.variants()
        self.trainings = [
            self.folder.fold(fold).training(name, source, seed)
            for fold in config.split.folds
            for name, variant in self.variants.items()
            if fold in variant.folds
            for source in dict.fromkeys(config.meta.label_sources)
            for seed in variant.seeds
        ]
        methods = [self.folder.fold(fold).method(name) for fold in config.split.folds for name in self.methods]
        self.cells = [*methods, *self.trainings]
        used = [*self.methods, *(self.labellers[source] for source in self.labelled)]
        self.trained = [
            method
            for method in dict.fromkeys(METHODS[name].weights_of or name for name in used)
            if self.weights_name(method) == "train"
        ]

    def _named(self, config: Config) -> Config:
        """The configuration with the metrics and methods that its nulls stand for.

        The response is known where the virtual camera takes the exposures.
        """
        own = any(source.brings_exposures for source in self.sources.values())
        known = config.expose.method == "camera" and not own
        names = {"metrics": config.score.metric_names(), "methods": config.score.method_names(known)}
        return config.model_copy(update={"score": config.score.model_copy(update=names)})

    @property
    def labelled(self) -> list[str]:
        """The label sources whose labels the rule `label` writes."""
        return [source for source in self.label_sources if source in self.labellers]

    def of_chunks(self, *paths: str, **wildcards: object) -> list[str]:
        """Paths with a wildcard `{chunk}`, of every chunk, with the values of other wildcards put in."""
        for name, value in wildcards.items():
            paths = [path.replace(f"{{{name}}}", str(value)) for path in paths]
        return [path.replace("{chunk}", chunk) for path in paths for chunk in self.chunks]

    def labels(self, sources: list[str], fold: int | str = "{fold}", chunk: str | None = None) -> list[str]:
        """The labels of some label sources, by labellers that have seen no test scene.

        Args:
            chunk: None: all of them.
        """
        names = [*([chunk] if chunk else self.chunks), "trained_on.csv"]
        folders = [self.folder.fold(fold).labels(source) for source in sources if source in self.labellers]
        return [str(folder / name) for folder in folders for name in names]

    def weights_name(self, method: str) -> str | None:
        """The name of a method's weights: those that label, else its first; None where it needs none."""
        label = self.config.label
        if method == label.method and label.weights:
            return label.weights
        return next(iter(METHODS[method].weights), None)

    def weight_file(self, method: str, fold: int | str) -> str | list:
        """A method's weight file in a fold; none where it needs none."""
        method = METHODS[method].weights_of or method
        match self.weights_name(method):
            case None:
                return []
            case "shipped":
                return os.path.relpath(METHODS[method].shipped)
            case "train":
                return str(self.folder.fold(fold).path / f"{method}.safetensors")
            case name:
                return f"{self.weights}/{self.weight_files[name].name}"

    def read_by(self, variant: str) -> list[str]:
        """The files of others that a meta-training reads."""
        return list(self.config.variant(variant).pretrained.values())

    def pretrained_files(self, method: str) -> list[str]:
        """The files of others that a method's training reads."""
        return list(getattr(self.config.training_of(method), "pretrained", {}).values())

    def sum_of(self, file: str) -> str | None:
        """The SHA-256 of a weight file that no job trains; None where that is not known before it is here."""
        path = Path(file)
        if path.is_relative_to(self.config.results):
            return None
        entry = next((each for each in self.weight_files.values() if file == f"{self.weights}/{each.name}"), None)
        if entry and not entry.sha256:
            return None
        return known_sha256(path) if path.is_file() else entry and entry.sha256

    def sums(self, files: str | list[str]) -> dict[str, str]:
        """`sum_of` some files, the first digits by name."""
        several = [files] if isinstance(files, str) else files
        return {Path(file).name: found[:12] for file in several if (found := self.sum_of(file))}

    @property
    def emor(self) -> str | list:
        """The file of measured response curves, where the virtual camera draws from them."""
        is_needed = self.config.expose.response == "emor"
        return f"{self.weights}/{self.weight_files['emor'].name}" if is_needed else []

    @property
    def metric_weights(self) -> dict[str, str]:
        """The weight files that the scored metrics need, by their names in the register."""
        metrics = set(self.config.score.metric_names())
        entries = self.weight_files.items()
        return {name: f"{self.weights}/{entry.name}" for name, entry in entries if metrics & set(entry.metrics)}

    @property
    def measuring(self) -> Score:
        """The part of section score that a single value depends on."""
        score = self.config.score
        return Score(photometry=score.photometry, strict=score.strict)

    def label_sources_of(self, method: str, cell: str) -> list[str]:
        """The label sources that a method is given; none where it takes no labels, and none of moving brackets."""
        return self.label_sources if METHODS[method].adapts and not self.moves(cell) else []

    def trained_from(self, method: str, fold: str) -> list[str]:
        """The files that a method is trained on, beside the fold's table."""
        files = {"raw": [self.retrieved], "scenes": self.arrays, "moving": self.moving}
        return self.of_chunks(*files[METHODS[method].trains_on], fold=fold)

    @property
    def prepare(self) -> Any:
        """Section prepare; what the dataset's entry says comes before it."""
        own = {key: getattr(self.dataset, key) for key in ("on_bad_image", "max_value")}
        return self.config.prepare.model_copy(update={key: value for key, value in own.items() if value})

    @cached_property
    def place_of(self) -> dict[str, str]:
        return self.dataset.places()

    @property
    def repair(self) -> str | None:
        """What repairs the exposures that sources bring, where any does."""
        return "exposures" if any(source.exposures for source in self.sources.values()) else None

    @cached_property
    def places(self) -> str:
        """Which sources, of any dataset, show the places of this one: what checks of leaks depend on."""
        own = set(self.place_of.values())
        known = known_places(Path(self.config.data.register_file))
        return short("places", sorted(item for item in known.items() if item[1] in own))

    def sources_of(self, chunk: str) -> str:
        """Files, as the register has them, and place of every source of a chunk, as text."""
        files, places = {file.name: file for file in self.dataset.files}, self.place_of
        lines = []
        for name in self.chunks[chunk]:
            lines += [f"{name} {places[name]} {self.sources[name]}"]
            lines += [files[file].model_dump_json() for file in self.sources[name].files]
        return "\n".join(lines)

    def weight_entry(self, file: str) -> WeightFile:
        """Where a weight file is and what it is, by its name: other words in the entry bring nothing again."""
        entry = next(entry for entry in self.weight_files.values() if entry.name == file)
        return entry.model_copy(update={"title": "", "citation": "", "homepage": "", "metrics": []})

    def rank_of_cost(self, variant: str) -> int:
        """Trainings that take longest start first, so that all cores are busy to the end; small jobs fill in."""
        meta = self.config.variant(variant)
        return 10 + 20 * ("lpips" in meta.loss) + 10 * (meta.algorithm == "maml")

    def held(self, cell: str) -> dict[str, Any]:
        """What a folder of predictions holds, as the columns of the scores have it, and the modes.

        Args:
            cell: below the fold's folder: `methods/hdrcnn`, `moving/methods/hdrcnn` or `metahdr/true/seed0`.
        """
        folder, _, name = cell.rpartition("/")
        if folder.endswith("methods"):
            held = {"method": name, "label_source": "none", "seed": "none"}
            return held | {"modes": METHODS[name].modes(self.label_sources_of(name, cell))}
        variant, _, source = folder.partition("/")
        held = {"method": variant, "label_source": source, "seed": name.removeprefix("seed")}
        return held | {"modes": METHODS[METAHDR].modes(self.label_sources)}

    def moves(self, cell: str) -> bool:
        """Whether a folder of predictions, below the fold's, is of moving brackets."""
        return cell.startswith("moving/")

    def compared_with(self, cell: str, fold: str, chunk: str) -> list[str]:
        """The arrays of one chunk's scenes that predictions are made of, and compared with."""
        files = [*self.scenes_of_chunk, *(self.moving if self.moves(cell) else [])]
        return [file.format(fold=fold, chunk=chunk) for file in files]

    def predictions_of(self, cells: list[Cell]) -> list[str]:
        """The folders of predictions of some cells, a chunk each."""
        return [str(cell.predictions(chunk)) for cell in cells for chunk in self.chunks]

    def scores_of(self, cells: list[Cell]) -> list[str]:
        """The tables of scores of some cells, and where they were made, a chunk each."""
        return [str(of(chunk)) for cell in cells for of in (cell.scores, cell.origin) for chunk in self.chunks]

    @property
    def moved(self) -> list[str]:
        """Methods that merge moving brackets, or reconstruct their middle exposure alone. No oracles."""
        takes = {name: METHODS[name].takes for name in self.methods if not METHODS[name].is_oracle()}
        return [name for name, what in takes.items() if what in ("single", "bracket")]

    @property
    def moving_cells(self) -> list[Cell]:
        """The folders with predictions of moving brackets."""
        folds = [self.folder.fold(fold) for fold in self.config.split.folds]
        return [fold.method(name, moving=True) for fold in folds for name in self.moved]

    @property
    def benchmarked(self) -> dict[str, str]:
        """The networks that the run trained for the benchmark, in its first fold."""
        names = [name for name in self.trained if METHODS[name].by_name]
        return {name: self.weight_file(name, self.config.split.folds[0]) for name in names}

    @property
    def judged(self) -> dict[str, str | list]:
        """The weight files of the methods that the radiance network's study judges, by method."""
        study = self.config.radiance_study
        names = dict.fromkeys([study.ours, study.bracket, "debevec_all", *self.methods])
        return {name: self.weight_file(name, 0) for name in names}

    @property
    def pictured(self) -> dict[str, str | list]:
        """Those of them that its pictures show."""
        shown = ("hdrcnn", self.config.radiance_study.ours)
        return {name: file for name, file in self.judged.items() if name in shown}

    @property
    def scenes_of_folds(self) -> list[str]:
        """The tables of all folds, and the arrays that they share."""
        tables = [str(self.folder.fold(fold).table) for fold in self.config.split.folds]
        return [*tables, *self.of_chunks(*self.arrays)]

    @property
    def label_models(self) -> list[str]:
        """The weight files that labelled."""
        labellers = [self.labellers[source] for source in self.labelled]
        files = [self.weight_file(name, fold) for name in labellers for fold in self.config.split.folds]
        return [file for file in files if file]

    @property
    def networks(self) -> list[str]:
        """The networks that the run trains."""
        return list(self.asked)

    @cached_property
    def asked(self) -> dict[str, dict[str, Any]]:
        """What each network that the run trains is asked to be, by its file: stage (as in `codes` of the rules),
        method, settings without those at their defaults, and seed."""
        found = {}
        for training in self.trainings:
            variant, source, seed = training.path.parts[-3:]
            number = int(seed.removeprefix("seed"))
            settings = self.config.variant(variant).one(source, number)
            stage = {"stage": f"meta_train {variant} {source}", "method": METAHDR, "seed": number}
            found[str(training.best)] = stage | {"settings": settings.model_dump(exclude_defaults=True)}
        for fold in self.config.split.folds:
            for name in self.trained:
                settings = self.config.training_of(name)
                stage = {"stage": f"train_method {name}", "method": name, "seed": self.config.seed}
                there = settings and settings.model_dump(exclude_defaults=True)
                found[self.weight_file(name, fold)] = stage | {"settings": there}
        return found

    @property
    def step_metrics(self) -> list[str]:
        """The metrics that are measured after every inner step: cheap ones alone."""
        cheap = [name for name in ("ssim", "psnr", "pu21_psnr") if name in self.config.score.metrics]
        return cheap or ["ssim", "psnr"]

    @property
    def steps(self) -> str:
        """The inner steps of one training: the first, with simulated labels where the run has them."""
        simulated = [each for each in self.trainings if each.path.match(f"{METAHDR}/simulated/*")]
        return str((simulated or self.trainings)[0].path / "steps.csv")

    @cached_property
    def jobs(self) -> set[str]:
        """The jobs that numbers of the report are made by, `RULE/NAME`, as their benchmark files are named."""
        folds = [f"fold{number}" for number in self.config.split.folds]
        cells, trainings = (
            [str(cell.path.relative_to(self.data)) for cell in each] for each in (self.cells, self.trainings)
        )
        once = {
            "split": folds,
            "train_method": [f"{fold}/{name}" for fold in folds for name in self.trained],
            "check_labeller": [f"{fold}/{source}" for fold in folds for source in self.labelled],
            "meta_train": trainings,
            "steps": [str(Path(self.steps).parent.relative_to(self.data))],
            "retrieve_weights": [entry.name for entry in self.weight_files.values()],
        }
        chunked = {
            "label": once["check_labeller"],
            "adapt": trainings,
            "reconstruct": [f"{fold}/{name}" for fold in folds for name in self.methods],
            "score": cells,
        }
        names = {f"{rule}/{name}" for rule, names in once.items() for name in names}
        names |= {
            f"{rule}/{name}/{chunk}" for rule, names in chunked.items() for name in names for chunk in self.chunks
        }
        names |= {f"{rule}/{chunk}" for rule in ("retrieve", "prepare", "expose") for chunk in self.chunks}
        return names | {"aggregate"}

    @property
    def one_of_each(self) -> dict[str, str]:
        """One value of each wildcard."""
        source = self.config.meta.label_sources[0]
        named = {"fold": "0", "chunk": next(iter(self.chunks)), "seed": "0", "label_source": source, "moving": ""}
        return named | {"cell": f"{METAHDR}/{source}/seed0"}

    def stages(self) -> list[tuple[str, dict[str, str]]]:
        """Rule and wildcards of every stage that made numbers of the report."""
        stages = [(name, {}) for name in ("prepare", "split", "expose", "score", "aggregate")]
        stages += [("label", {"label_source": source}) for source in self.labelled]
        stages += self.training_stages()
        stages += [("adapt", wildcards) for name, wildcards in stages if name == "meta_train"]
        stages += [("steps", {"variant": METAHDR})]
        return stages + [("reconstruct", {"method": method}) for method in self.methods]

    def training_stages(self) -> list[tuple[str, dict[str, str]]]:
        """Those that train."""
        stages = [
            ("meta_train", {"variant": variant, "label_source": source})
            for variant in self.variants
            for source in dict.fromkeys(self.config.meta.label_sources)
        ]
        return stages + [("train_method", {"method": method}) for method in self.trained]
