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
        seed=CONFIG.seed,
        data=data_folder,
        runs=CONFIG.meta.runs,
        sources=LABEL_SOURCES,
        settings=settings(CONFIG.score),
    shell:
        'python "$SCRIPTS/score.py" --data {params.data} --runs {params.runs} --sources {params.sources}'
        " --predictions {input.predictions} --settings {params.settings:q} --seed {params.seed} --scores {output.scores}"
        " --summary {output.summary} --metrics {output.metrics} --log {log}"
