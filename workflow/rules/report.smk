# The HTML report, and the provenance that lies beside the results.


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
