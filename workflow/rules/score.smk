# One row per prediction and metric, and the aggregate with paired confidence intervals.


rule score:
    input:
        scenes=SCENES,
        predictions=expand(f"{DATA}/{{run}}/predictions", run=CONFIG.meta.runs),
        others=expand(
            f"{DATA}/methods/{{method}}/predictions",
            method=CONFIG.score.method_names(),
        ),
    output:
        scores=report(
            f"{DATA}/scores.csv", caption="../report/scores.rst", category="Scores"
        ),
        summary=report(
            f"{DATA}/summary.csv", caption="../report/summary.rst", category="Scores"
        ),
        metrics=f"{RESULTS}/metrics.json",
    log:
        f"{RESULTS}/logs/score.log",
    benchmark:
        f"{RESULTS}/benchmarks/score.tsv"
    conda:
        "../../environment.yml"
    params:
        **script(
            "score.py",
            map(METRICS.module, CONFIG.score.metric_names()),
            data=DATA,
            runs=CONFIG.meta.runs,
            methods=CONFIG.score.method_names(),
            label_sources=LABEL_SOURCES,
            names=CONFIG.score.metric_names(),
            settings=CONFIG.score,
            seed=CONFIG.seed,
        ),
    shell:
        RUN_SCRIPT
