# What all rules share: the checked configuration, the layout of the run, and how a rule calls its script.

import re
import sys
from pathlib import Path

import yaml
from snakemake.iocontainers import Wildcards
from snakemake.logging import logger

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "src"))

from metahdr.config.check import lay_over, load
from metahdr.config.document import read_yaml, resolved
from metahdr.datasets.fit import mistakes
from metahdr.errors import UserError
from metahdr.registry import METHODS
from metahdr.training.trained_with import Asked, differing
from metahdr.workflow import resources
from metahdr.workflow.failures import Failures
from metahdr.workflow.inputs import count_by_bytes
from metahdr.workflow.job import Call, short
from metahdr.workflow.layout import Layout
from metahdr.workflow.shell import prefix

try:
    for file in workflow.configfiles:
        read_yaml(Path(file))  # Snakemake takes the last of two keys of one name
    lay_over(
        config, {k: resolved(v) for k, v in workflow.config_settings.config.items() if isinstance(v, dict | list)}
    )
    RUN = Layout(load(config, mistakes))
except UserError as error:
    sys.exit(f"error: {error}")

CONFIG, FOLDS = RUN.config, RUN.config.split.folds
LOGS, BENCHMARKS = f"{CONFIG.results}/logs", f"{CONFIG.results}/benchmarks"
NEEDS = yaml.safe_load((ROOT / "workflow/resources.yaml").read_text(encoding="utf-8"))

count_by_bytes()
FAILURES = Failures()
logger.addHandler(FAILURES)
shell.prefix(prefix(ROOT, CONFIG.machine))


def call(name, /, follows_code=True, reads=lambda w: [], **values):
    """The params of a rule: `call`, its script with all arguments, quoted; and what reruns the job when it changes:
    each of `values` (see `workflow/job.py`), the code's digest, the bytes of weights that it reads."""
    job = Call(ROOT / "workflow/scripts" / name, values, follows_code)
    return {"call": job.line, "reads": lambda w: short("reads", RUN.sums(reads(w)))} | job.compared()


def by_bytes(files):
    """Weight files as inputs: those that no job trains count by their bytes (`reads`), not by their times."""
    return [ancient(file) if RUN.sum_of(file) else file for file in ([files] if isinstance(files, str) else files)]


def needs(name, **more):
    """What a job asks a cluster for."""
    return resources.needs(NEEDS[name], **more)


def slurm_tasks():
    """What a meta-training on several tasks asks for: `mpi` has Slurm's plugin leave `srun` to the job's command."""
    count = CONFIG.machine.slurm_tasks
    return {"tasks": count, "mpi": "srun"} if count > 1 else {}


def calls():
    """The call of every rule that has a script."""
    found = {each.name: each for each in workflow.rules if "call" in each.params.keys()}
    return {name: (each, each.params.call.__self__) for name, each in found.items()}


def check_rules():
    """Stops before any work where a rule does not give its script what `main` needs."""
    for name, (each, job) in calls().items():
        try:
            job.check([*each.input.keys(), *each.output.keys()])
        except UserError as error:
            sys.exit(f"error in rule {name}, {error}")


def codes(stages):
    """The digests of the code of some stages, given by rule and wildcards."""
    jobs = calls()
    return {
        " ".join([name, *wildcards.values()]): jobs[name][1].code(Wildcards(fromdict=RUN.one_of_each | wildcards))
        for name, wildcards in stages
    }


def asked():
    """What each network of the run is asked to be, by its file."""
    digests = codes(RUN.training_stages())
    return {file: each | {"code": digests[each["stage"]]} for file, each in RUN.asked.items()}


def networks(_):
    """The networks of the run. One that lies there and is not what the run asks for is trained again.

    Snakemake knows what it made last, and not what lies there since `git checkout` or `dvc checkout`.
    """
    if "params" in map(str, workflow.rerun_triggers):
        for file, lines in differing({file: Asked(**each) for file, each in asked().items()}).items():
            logger.warning(f"{file} is trained again: {'; '.join(lines)}")
            workflow.dag.forcefiles.add(file)
    return RUN.networks


wildcard_constraints:
    fold=r"\d+",
    cell=r"(moving/)?methods/[\w.-]+|[\w-]+/[\w.-]+/seed\d+",
    chunk=r"chunk\d+",
    moving="(moving/)?",
    variant="|".join(map(re.escape, RUN.variants)),
    method="|".join(map(re.escape, METHODS)),
    label_source="|".join(map(re.escape, {**RUN.labellers, **dict.fromkeys(RUN.label_sources)})),
    seed=r"\d+",
