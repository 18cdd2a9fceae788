# The HTML report, and the provenance that lies beside the results.


rule report:
    input:
        scenes=SCENES,
        labels=label_folders(LABEL_SOURCES),
        label_models=[weight_file(*LABELLERS[source]) for source in LABELLED],
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
                *map(METRICS.module, CONFIG.score.metric_names()),
                *map(METHODS.module, ["metahdr", *CONFIG.score.method_names()]),
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
        RUN_SCRIPT
