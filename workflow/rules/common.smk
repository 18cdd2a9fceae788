# What all rules share: the checked configuration, the dataset, the folders.

import os
import re
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

import yaml
from snakemake.logging import logger

_src = Path(workflow.basedir, "src")
sys.path.insert(0, str(_src))

from metahdr.workflow.code import digest
from metahdr.workflow.job import check, flags, parameters
from metahdr.config.check import load
from metahdr.config.label import Label, labellers
from metahdr.config.score import Score
from metahdr.datasets.chunks import chunks
from metahdr.datasets.register import (
    find_dataset,
    known_places,
    read_weights_register,
)
from metahdr.datasets.layouts import REPAIR, check_exposures, find_sources
from metahdr.datasets.retrieve import sdist_name
from metahdr.errors import UserError
from metahdr.workflow.failures import Failures
from metahdr.evaluation.modes import modes
from metahdr.protocols import PAPER
from metahdr.registry import LAYOUTS, LOSSES, METHODS, METRICS, NETWORKS

try:
    CONFIG = load(config)
    DATASET = find_dataset(Path(CONFIG.data.register_file), CONFIG.data.dataset)
    SOURCES = find_sources(DATASET.kind, DATASET.names)
    check_exposures(SOURCES, CONFIG.expose.evs)
    WEIGHT_FILES = read_weights_register(Path("config/weights.yaml"))
except UserError as error:
    sys.exit(f"error: {error}")

FAILURES = Failures()
logger.addHandler(FAILURES)

# The shell variables of every script. PYTHONPATH: the library is found where it is not installed, too. SCRIPTS: the
# folder of the scripts. LAUNCH: starts a meta-training in one process, or in several that share its tasks; the
# results are the same, and as a variable it makes no job run again. GLIBC_TUNABLES: malloc keeps its memory and asks
# for huge pages; a meta-iteration takes a fifth less time and gives the same bits.
_scripts = Path(workflow.basedir, "workflow", "scripts")
_malloc = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=4294967296"
_several = f"torchrun --standalone --nproc-per-node={CONFIG.machine.processes} --"
if (
    CONFIG.machine.slurm_tasks > 1
):  # they meet at the first node of the job, at a port of the job's own
    _several = (
        f"srun --ntasks={CONFIG.machine.slurm_tasks} torchrun --nnodes={CONFIG.machine.slurm_tasks} --nproc-per-node={CONFIG.machine.processes}"
        " --rdzv-backend=c10d --rdzv-id=${SLURM_JOB_ID:-0}"
        " --rdzv-endpoint=$(hostname):$((20000 + ${SLURM_JOB_ID:-0} % 10000)) --"
    )
_environment = (
    f'export PYTHONPATH={shlex.quote(str(_src))}:"${{PYTHONPATH:-}}" GLIBC_TUNABLES="${{GLIBC_TUNABLES:-{_malloc}}}"'
    f" SCRIPTS={shlex.quote(str(_scripts))}"
    f' LAUNCH="{_several if CONFIG.machine.processes * CONFIG.machine.slurm_tasks > 1 else "python"}"; '
)
shell.prefix(_environment.replace("{", "{{").replace("}", "}}"))

# The command of every rule, of those that may use a GPU, and of meta_train; `script` below makes the params.
RUN_SCRIPT = 'python "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'
RUN_ON_GPU = f"METAHDR_GPUS={{resources.gpu}} {RUN_SCRIPT}"
RUN_TRAINING = RUN_ON_GPU.replace("python", "$LAUNCH", 1)

# Memory of a job that joins tables, times their size on the disk: 5.4 was measured of `aggregate`.
TIMES_TABLES = 8
NEEDS = yaml.safe_load(Path(workflow.basedir, "workflow", "resources.yaml").read_text())

NAME = CONFIG.data.dataset
MIRROR = CONFIG.data.mirror or os.environ.get("METAHDR_MIRROR")
RAW = f"{CONFIG.data.raw}/{NAME}"
WHEELS = f"{Path(CONFIG.data.raw).parent}/wheels"
SDISTS = {
    sdist_name(entry.sdist.requirement): entry.sdist
    for entry in WEIGHT_FILES.values()
    if entry.sdist
}
WEIGHTS = f"{Path(CONFIG.data.raw).parent}/weights"
RESULTS = CONFIG.results
DATA = f"{RESULTS}/{NAME}"
FOLD = f"{DATA}/fold{{fold}}"
FOLDS = CONFIG.split.folds

PLACE_OF = DATASET.places()
FILES = {file.name: file for file in DATASET.files}
# The sources of every chunk; a chunk is what one job takes.
CHUNKS = chunks(SOURCES, CONFIG.machine.chunk)

# Which sources show the same place, in all datasets of the register.
PLACES = str(sorted(known_places(Path(CONFIG.data.register_file)).items()))

# What every stage after `expose` reads: a fold's table of all scenes, their radiance and their exposures; of one chunk,
# or of all.
CHUNK = [
    f"{DATA}/scenes/{{chunk}}",
    f"{DATA}/exposures/{{chunk}}",
    f"{DATA}/exposures/{{chunk}}.csv",
    f"{DATA}/curves/{{chunk}}",
]
SCENES_OF_CHUNK = [f"{FOLD}/scenes.csv", *CHUNK]
SCENES = [f"{FOLD}/scenes.csv", *expand(CHUNK, chunk=CHUNKS)]
# The moving brackets of one chunk's scenes (rules/benchmark.smk).
MOVING = [
    f"{FOLD}/moving/scenes/{{chunk}}",
    f"{FOLD}/moving/exposures/{{chunk}}",
    f"{FOLD}/moving/moved/{{chunk}}",
    f"{FOLD}/moving/exposures/{{chunk}}.csv",
]
# The raw files of all sources, as far as rules know of them.
RETRIEVED = expand(f"{DATA}/retrieved/{{chunk}}.json", chunk=CHUNKS)

# The part of section score that a single value depends on.
MEASURING = Score(photometry=CONFIG.score.photometry, strict=CONFIG.score.strict)
# The weight files that the scored metrics need, by their names in the register.
METRIC_WEIGHTS = {
    name: f"{WEIGHTS}/{entry.name}"
    for name, entry in WEIGHT_FILES.items()
    if set(entry.metrics) & set(CONFIG.score.metric_names())
}

# Every run is tested with the same label sources, so that all rows of a table are paired.
LABEL_SOURCES = list(dict.fromkeys(["true", "simulated", *CONFIG.meta.runs]))
# The method of every label source whose labels the stage `label` writes. Of the others, `true` is the scenes' own,
# and a method that takes a stack labels while a network trains or adapts.
LABELLERS = {"simulated": CONFIG.label.method} | {name: name for name in labellers()}
LABELLED = [source for source in LABEL_SOURCES if source in LABELLERS]

# Every meta-training: section meta as it is and its variants, with each label source and seed, in each fold.
VARIANTS = CONFIG.variants()
TRAINING = f"{FOLD}/{{variant}}/{{run}}/seed{{seed}}"
TRAININGS = [
    TRAINING.format(fold=fold, variant=name, run=run, seed=seed)
    for fold in FOLDS
    for name, variant in VARIANTS.items()
    if fold in variant.folds
    for run in dict.fromkeys(CONFIG.meta.runs)
    for seed in variant.seeds
]
# The methods beside MetaHDR. The response is known where the virtual camera takes the exposures.
SCORED = CONFIG.score.method_names(
    CONFIG.expose.method == "camera"
    and not any(source.brings_exposures for source in SOURCES.values())
)
# Every folder with predictions.
CELLS = [
    f"{DATA}/fold{fold}/methods/{method}" for fold in FOLDS for method in SCORED
] + TRAININGS


def script(name, /, modules=(), **values):
    """The params of a rule that runs a script; jobs run again when the code that the script runs changes.

    Each parameter of the script's `main` is the one of `values` with its name, else the output or input with its
    name. Inputs of other names only have to be there. A value may be a function of the wildcards; None leaves the
    argument out. A parameter `code` gets the digest of the code.

    `modules` are those that the script imports by names from the configuration, such as
    `map(METRICS.module, METRICS)`, or a function of the wildcards that gives them.
    """
    path = _scripts / name
    code = (
        (lambda w: digest(path, modules(w)))
        if callable(modules)
        else digest(path, modules)
    )
    if "code" in parameters(path):
        values["code"] = code
    return {"code": code} | arguments(name, **values)


def arguments(name, /, **values):
    """As `script`, but changed code makes no job run again."""
    path = _scripts / name

    def given(wildcards):
        return {
            key: value(wildcards) if callable(value) else value
            for key, value in values.items()
        }

    return {
        "script": name,
        "names": list(values),  # for `check_rules`
        # A job runs again when the text of `given` changes. Snakemake does not compare `flags`, because that is
        # made from the job's files.
        "given": lambda wildcards: flags(path, given(wildcards)),
        "flags": lambda wildcards, input, output: flags(
            path, dict(input.items()) | dict(output.items()) | given(wildcards)
        ),
    }


def check_rules():
    """Stops before any work where a rule does not give its script what `main` needs."""
    for each in workflow.rules:
        if "script" in each.params.keys():
            files = [*each.input.keys(), *each.output.keys()]
            try:
                check(_scripts / each.params.script, each.params.names, files)
            except UserError as error:
                sys.exit(f"error in rule {each.name}, {error}")


def needs(name, tables=None, processes=1):
    """What a job asks a cluster for (workflow/resources.yaml), twice as much at each further attempt.

    `tables`, a function of the job's inputs, gives the tables that it holds in memory, where these may be large.
    `processes` share the job: each needs the memory of one, and all may be on one node.
    """

    first = NEEDS[name] | {"mem_mb": NEEDS[name]["mem_mb"] * processes}

    def grows(key):
        return lambda wildcards, attempt: first[key] * 2 ** (attempt - 1)

    def memory(wildcards, input, attempt):
        megabytes = sum(map(os.path.getsize, tables(input))) / 1e6
        most = max(first["mem_mb"], round(TIMES_TABLES * megabytes))
        return most * 2 ** (attempt - 1)

    gpu = {"gpu": first["gpu"]} if "gpu" in first else {}
    return {
        "mem_mb": memory if tables else grows("mem_mb"),
        "runtime": grows("runtime"),
    } | gpu


def slurm_tasks():
    """What a meta-training on several tasks asks for: `mpi` has Slurm's plugin leave `srun` to the job's command."""
    return {"tasks": CONFIG.machine.slurm_tasks, "mpi": "srun"} if CONFIG.machine.slurm_tasks > 1 else {}


def training_modules(meta, label_sources):
    """The modules that a meta-training, or an adaptation, with some label sources imports by name."""
    return [
        METHODS.module("metahdr"),
        LOSSES.module(meta.loss),
        NETWORKS.module(meta.network),
        *map(METRICS.module, PAPER.validates),
        *label_methods(label_sources),
    ]


def label_methods(label_sources):
    """The modules of the methods among some label sources that label while another method trains or adapts."""
    return [METHODS.module(s) for s in label_sources if s in METHODS.keys() - LABELLERS]


def fold_folder(w):
    return f"{DATA}/fold{w.fold}"


def prepare_settings():
    """What the dataset's entry says comes before the configuration."""
    own = {key: getattr(DATASET, key) for key in ("on_bad_image", "max_value")}
    return CONFIG.prepare.model_copy(update={k: v for k, v in own.items() if v})


def repairs():
    """The module that prepares sources with exposures, where the dataset has any."""
    return [REPAIR] if any(source.exposures for source in SOURCES.values()) else []


def weight_entry(file):
    """The entry of a weight file by the file's name."""
    return next(entry for entry in WEIGHT_FILES.values() if entry.name == file)


def sdist_of(entry):
    """The source distribution that a weight file is taken from, unless a mirror's folder has it."""
    mirrored = MIRROR and Path(MIRROR, entry.name).is_file()
    return (
        f"{WHEELS}/{sdist_name(entry.sdist.requirement)}"
        if entry.sdist and not mirrored
        else []
    )


def label_folders(sources, fold="{fold}", chunks=CHUNKS):
    """What the stage `label` writes for some label sources and chunks, by labellers that have seen no test scene."""
    folder = f"{DATA}/fold{fold}/labels"
    return [
        f"{folder}/{source}/{name}"
        for source in sources
        if source in LABELLERS
        for name in [*chunks, "trained_on.csv"]
    ]


def sources_of(w):
    """Files, as the register has them, and place of every source of a chunk, as text."""
    lines = []
    for name in CHUNKS[w.chunk]:
        files = [FILES[file].model_dump_json() for file in SOURCES[name].files]
        lines += [f"{name} {PLACE_OF[name]} {SOURCES[name]}", *files]
    return "\n".join(lines)


def weights_name(method):
    """The name of a method's weights: those that label, where it labels; else its first; None: it needs none."""
    if method == CONFIG.label.method and CONFIG.label.weights:
        return CONFIG.label.weights
    return next(iter(METHODS[method].weights), None)


def weight_file(method, fold):
    """A method's weight file in a fold; none where it needs none."""
    method = METHODS[method].weights_of or method
    name = weights_name(method)
    if name is None:
        return []
    if name == "shipped":
        return os.path.relpath(METHODS[method].shipped)
    if name == "train":
        return f"{DATA}/fold{fold}/{method}.safetensors"
    return f"{WEIGHTS}/{WEIGHT_FILES[name].name}"


def label_sources(method):
    """The label sources that a method is given; none where it takes no labels."""
    return LABEL_SOURCES if METHODS[method].adapts else []


def method_settings(method):
    """The section of the configuration that a method is trained with; None where it takes none."""
    kind = METHODS[method].settings
    return next((section for _, section in CONFIG if type(section) is kind), None)


def pretrained_files(method):
    """The files of others that a method's training reads."""
    return list(getattr(method_settings(method), "pretrained", {}).values())


def trained_from(w):
    """The files that a method is trained on, beside the fold's table."""
    moving = expand(MOVING, fold=w.fold, chunk=CHUNKS)
    return {"raw": RETRIEVED, "scenes": SCENES[1:], "moving": moving}[
        METHODS[w.method].trains_on
    ]


def rank_of_cost(w):
    """Trainings that take longest start first, so that all cores are busy to the end; small jobs fill in."""
    meta = CONFIG.variant(w.variant)
    return 10 + 20 * ("lpips" in meta.loss) + 10 * (meta.algorithm == "maml")


def scored(w):
    """What a folder of predictions holds, as the columns of the scores have it, and the modes."""
    kind, name, *seed = w.cell.split("/")
    if kind == "methods":
        held = {"method": name, "run": "none", "seed": "none"}
        return held | {"modes": modes(METHODS[name], LABEL_SOURCES)}
    held = {"method": kind, "run": name, "seed": seed[0].removeprefix("seed")}
    return held | {"modes": modes(METHODS["metahdr"], LABEL_SOURCES)}


def stages():
    """The digest of the code of every stage that made numbers of the report, for its provenance."""
    jobs = [(s, {}) for s in ("prepare", "split", "expose", "score", "aggregate")]
    jobs += [("label", {"label_source": source}) for source in LABELLED]
    jobs += [
        (stage, {"variant": variant, "run": run})
        for stage in ("meta_train", "adapt")
        for variant in VARIANTS
        for run in dict.fromkeys(CONFIG.meta.runs)
    ]
    jobs += [("steps", {"variant": "metahdr"})]
    jobs += [("reconstruct", {"method": m}) for m in SCORED]
    jobs += [("train_method", {"method": m}) for m in TRAINED]
    codes = {}
    for stage, wildcards in jobs:
        code = getattr(rules, stage).params.code
        code = code(SimpleNamespace(**wildcards)) if callable(code) else code
        codes[" ".join([stage, *wildcards.values()])] = code
    return codes


# The methods that are trained in the run, beside the meta-trainings.
_used = [*SCORED, *(LABELLERS[source] for source in LABELLED)]
TRAINED = [
    method
    for method in dict.fromkeys(METHODS[name].weights_of or name for name in _used)
    if weights_name(method) == "train"
]


wildcard_constraints:
    fold=r"\d+",
    cell=r"methods/[\w.-]+|[\w-]+/[\w.-]+/seed\d+",
    chunk=r"chunk\d+",
    variant="|".join(map(re.escape, VARIANTS)),
    run="|".join(map(re.escape, LABEL_SOURCES)),
    method="|".join(map(re.escape, METHODS)),
    label_source="|".join(map(re.escape, LABELLERS)),
    arm=r"[\w-]+",
    seed=r"\d+",
