# One row per prediction, and the aggregate with paired confidence intervals.


rule score:
    input:
        scenes=TASKS,
        predictions=expand(f"{DATA}/{{run}}/predictions", run=CONFIG.meta.runs),
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
            data=DATA,
            runs=CONFIG.meta.runs,
            sources=LABEL_SOURCES,
            settings=CONFIG.score,
            seed=CONFIG.seed,
        ),
    shell:
        'python "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'
