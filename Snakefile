# The whole pipeline: retrieve, prepare, split, expose, label, meta-train, adapt, score, report.
# Run it with `make reproduce`, or `snakemake --cores all` in an environment that has requirements.txt.

import os

from snakemake.utils import min_version

min_version("9.0")
os.environ.update(METAHDR_KEYS="unexplained")  # in every job, too: see metahdr.config.base


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/retrieve.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/expose.smk"
include: "workflow/rules/label.smk"
include: "workflow/rules/labels_study.smk"
include: "workflow/rules/radiance_study.smk"
include: "workflow/rules/radiance.smk"
include: "workflow/rules/meta_train.smk"
include: "workflow/rules/adapt.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/ablation.smk"
include: "workflow/rules/benchmark.smk"


check_rules()


onerror:
    print(FAILURES.summary(), file=sys.stderr)


localrules:
    all,
    manifest,
    retrieve,  # nodes of a cluster may have no network
    retrieve_weights,
    check_networks,
    radiance_study,
    benchmark,


rule all:
    default_target: True
    input:
        f"{CONFIG.results}/report/index.html",
