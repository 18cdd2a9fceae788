# What all rules share: the checked configuration, the dataset, the folders.

import json
import os
import re
import sys
from pathlib import Path

_src = Path(workflow.basedir, "src")
sys.path.insert(0, str(_src))

from metahdr.config.check import load
from metahdr.datasets.register import find_dataset, read_weights_register
from metahdr.datasets.sources import check_exposures, find_sources
from metahdr.errors import UserError
from metahdr.registry import METHODS
from metahdr.datasets.retrieve import wheel_name

try:
    CONFIG = load(config)
    DATASET = find_dataset(Path(CONFIG.data.register_file), CONFIG.data.dataset)
    SOURCES = find_sources(DATASET)
    check_exposures(SOURCES, CONFIG.expose.evs)
    WEIGHT_FILES = read_weights_register(Path("config/weights.yaml"))
except UserError as error:
    sys.exit(f"error: {error}")

# What every script runs with. PYTHONPATH: the library is found also where it is not installed. LAUNCH starts a
# meta-training, in one process or in several that share its tasks; no rule's own text, because the results are the
# same. GLIBC_TUNABLES: malloc keeps its memory and asks for huge pages; a meta-iteration takes a fifth less time, to
# the same bits.
_malloc = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=4294967296"
_several = f"torchrun --standalone --nproc-per-node={CONFIG.processes} --"
shell.prefix(
    f'export PYTHONPATH="{_src}:${{{{PYTHONPATH:-}}}}" GLIBC_TUNABLES="${{{{GLIBC_TUNABLES:-{_malloc}}}}}"'
    f' SCRIPTS="{Path(workflow.basedir, "workflow", "scripts")}"'
    f' LAUNCH="{_several if CONFIG.processes > 1 else "python"}"; '
)

NAME = CONFIG.data.dataset
MIRROR = CONFIG.data.mirror or os.environ.get("METAHDR_MIRROR")
RAW = f"{CONFIG.data.raw}/{NAME}"
WHEELS = f"{Path(CONFIG.data.raw).parent}/wheels"
WEIGHTS = f"{Path(CONFIG.data.raw).parent}/weights"
RESULTS = CONFIG.results
DATA = f"{RESULTS}/{NAME}"

# Every run is tested with the same label sources, so that all rows of a table are paired.
LABEL_SOURCES = list(dict.fromkeys(["true", "simulated", *CONFIG.meta.runs]))
# What labels every exposure beforehand, method and weights by label source; other label sources need no files.
LABELLERS = {"simulated": (CONFIG.label.method, CONFIG.label.weights)} | {
    name: (name, None) for name in METHODS if METHODS[name].takes == "single"
}


def settings(section):
    """A section of the configuration as a script takes it; when it changes, the rule runs again."""
    return section.model_dump_json(by_alias=True)


def prepare_settings():
    """The dataset's own policy for bad images comes before the configuration's."""
    policy = DATASET.on_bad_image
    return settings(
        CONFIG.prepare.model_copy(update={"on_bad_image": policy} if policy else {})
    )


def wheel_of(name):
    """The wheel that a raw file is taken from, unless a mirror's folder has it."""
    wheel = DATASET.file(name).wheel
    mirrored = MIRROR and Path(MIRROR, name).is_file()
    return f"{WHEELS}/{wheel_name(wheel)}" if wheel and not mirrored else []


def label_folders(sources):
    """The folders of the labels that are made beforehand, of some label sources."""
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


def data_folder(wildcards, input):
    """The folder that holds scenes.csv and the arrays beside it."""
    return Path(input.scenes[0]).parent


wildcard_constraints:
    source=r"[^/]+",
    run="|".join(map(re.escape, ["true", "simulated", *METHODS])),
    label_source="|".join(map(re.escape, LABELLERS)),
    arm=r"[\w-]+",
    seed=r"\d+",
