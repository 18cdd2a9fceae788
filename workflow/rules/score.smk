# A row for each prediction and metric: a job for each folder of predictions. Then all of them joined, and their means
# with paired confidence intervals.


# What the scores say of a cell is compared with methods that were given the same.
COMPARED = [METHODS.module(name) for name in ["metahdr", *SCORED]]


rule score:
    input:
        scenes=SCENES,
        predictions=f"{FOLD}/{{cell}}/predictions",
        metrics=METRIC_WEIGHTS.values(),
    output:
        scores=f"{FOLD}/{{cell}}/scores.csv",
    log:
        f"{RESULTS}/logs/score/fold{{fold}}/{{cell}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/score/fold{{fold}}/{{cell}}.tsv"
    priority: 2
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    resources:
        **needs("score"),
    params:
        **script(
            "score.py",
            map(METRICS.module, CONFIG.score.metric_names()),
            data=fold_folder,
            method=lambda w: scored(w)["method"],
            run=lambda w: scored(w)["run"],
            seed=lambda w: scored(w)["seed"],
            fold=lambda w: w.fold,
            modes=lambda w: scored(w)["modes"],
            names=CONFIG.score.metric_names(),
            settings=MEASURING,
            weights=METRIC_WEIGHTS,
            threads=CONFIG.threads,
        ),
    shell:
        RUN_SCRIPT


rule aggregate:
    input:
        tables=[f"{cell}/scores.csv" for cell in CELLS],
    output:
        scores=report(
            f"{DATA}/scores.csv", caption="../report/scores.rst", category="Scores"
        ),
        summary=report(
            f"{DATA}/summary.csv", caption="../report/summary.rst", category="Scores"
        ),
        metrics=f"{RESULTS}/metrics.json",
    log:
        f"{RESULTS}/logs/aggregate.log",
    benchmark:
        f"{RESULTS}/benchmarks/aggregate.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("aggregate"),
    params:
        **script(
            "aggregate.py",
            [*map(METRICS.module, CONFIG.score.metric_names()), *COMPARED],
            settings=CONFIG.score,
        ),
    shell:
        RUN_SCRIPT
