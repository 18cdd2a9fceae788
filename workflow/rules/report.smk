# The HTML report, and the provenance that lies beside the results.


def code_of(stage, **wildcards):
    """The digest of the code of one job of a rule."""
    code = getattr(rules, stage).params.code
    return code(SimpleNamespace(**wildcards)) if callable(code) else code


def stages():
    """The digest of every stage's code, by stage."""
    methods = CONFIG.score.method_names()
    labelled = [source for source in LABEL_SOURCES if source in LABELLERS]
    codes = {
        stage: code_of(stage)
        for stage in ["prepare", "split", "expose", "adapt", "score"]
    }
    codes |= {
        f"label {source}": code_of("label", label_source=source) for source in labelled
    }
    codes |= {
        f"meta_train {run}": code_of("meta_train", run=run) for run in CONFIG.meta.runs
    }
    codes |= {
        f"reconstruct {name}": code_of("reconstruct", method=name) for name in methods
    }
    if CONFIG.label.weights == "train":
        codes["train_hdrcnn"] = code_of("train_hdrcnn")
    return codes


rule report:
    input:
        scenes=TASKS,
        labels=label_folders(LABEL_SOURCES),
        label_models=[
            weight_file(*LABELLERS[s]) for s in LABEL_SOURCES if s in LABELLERS
        ],
        scores=f"{DATA}/scores.csv",
        summary=f"{DATA}/summary.csv",
        histories=expand(f"{DATA}/{{run}}/history.csv", run=CONFIG.meta.runs),
        predictions=expand(f"{DATA}/{{run}}/predictions", run=CONFIG.meta.runs),
    output:
        page=report(
            f"{RESULTS}/report/index.html",
            caption="../report/report.rst",
            category="Report",
        ),
        provenance_file=f"{DATA}/provenance.json",
        effective_config=f"{DATA}/config.yaml",
    log:
        f"{RESULTS}/logs/report.log",
    conda:
        "../../environment.yml"
    params:
        **script(
            "report.py",
            [
                *[METRICS.module(name) for name in CONFIG.score.metric_names()],
                *[METHODS.module(name) for name in CONFIG.score.method_names()],
                METHODS.module("metahdr"),
            ],
            data=DATA,
            runs=CONFIG.meta.runs,
            config=CONFIG,
            stages=stages(),
            register=CONFIG.data.register_file,
            benchmarks=f"{RESULTS}/benchmarks",
        ),
        dataset=DATASET.digest(),
    shell:
        'python "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'
