# A row for each prediction and metric, a chunk of a method's predictions a job. Then all of them joined, and their
# means with paired confidence intervals.


# What the scores say of a cell is compared with methods that were given the same.
COMPARED = [METHODS.module(name) for name in ["metahdr", *SCORED]]


rule score:
    input:
        scenes=SCENES_OF_CHUNK,
        predictions=f"{FOLD}/{{cell}}/predictions/{{chunk}}",
        metrics=METRIC_WEIGHTS.values(),
    output:
        scores=f"{FOLD}/{{cell}}/scores/{{chunk}}.csv",
    log:
        f"{RESULTS}/logs/score/fold{{fold}}/{{cell}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/score/fold{{fold}}/{{cell}}/{{chunk}}.tsv"
    priority: 2
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("score"),
    params:
        **script(
            "score.py",
            map(METRICS.module, CONFIG.score.metric_names()),
            data=fold_folder,
            chunk=lambda w: w.chunk,
            method=lambda w: scored(w)["method"],
            run=lambda w: scored(w)["run"],
            seed=lambda w: scored(w)["seed"],
            fold=lambda w: w.fold,
            modes=lambda w: scored(w)["modes"],
            names=CONFIG.score.metric_names(),
            settings=MEASURING,
            weights=METRIC_WEIGHTS,
            threads=CONFIG.machine.threads,
        ),
    shell:
        RUN_SCRIPT


rule aggregate:
    input:
        tables=[f"{cell}/scores/{chunk}.csv" for cell in CELLS for chunk in CHUNKS],
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
        **needs("aggregate", lambda input: input.tables),
    params:
        **script(
            "aggregate.py",
            [*map(METRICS.module, CONFIG.score.metric_names()), *COMPARED],
            cells=CELLS,
            chunks=list(CHUNKS),
            settings=CONFIG.score,
        ),
    shell:
        RUN_SCRIPT
