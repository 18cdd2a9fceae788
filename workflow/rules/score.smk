# A row for each prediction and metric, a chunk of a method's predictions a job, of moving brackets too. Then all of
# them joined, and their means with paired confidence intervals.


rule score:
    input:
        scenes=lambda w: RUN.compared_with(w.cell, w.fold, w.chunk),
        predictions=f"{RUN.fold}/{{cell}}/predictions/{{chunk}}",
        metrics=by_bytes(RUN.metric_weights.values()),
    output:
        scores=f"{RUN.fold}/{{cell}}/scores/{{chunk}}.csv",
        origin=f"{RUN.fold}/{{cell}}/scores/{{chunk}}.json",
    log:
        f"{LOGS}/score/fold{{fold}}/{{cell}}/{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/score/fold{{fold}}/{{cell}}/{{chunk}}.tsv"
    priority: 2
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("score"),
    params:
        **call(
            "score.py",
            data=lambda w: RUN.fold.format(**w),
            chunk=lambda w: w.chunk,
            cell=lambda w: RUN.held(w.cell) | {"fold": int(w.fold)},
            moving=lambda w: RUN.moves(w.cell),
            names=CONFIG.score.metrics,
            settings=RUN.measuring,
            weights=RUN.metric_weights,
            threads=CONFIG.machine.threads,
            reads=lambda w: list(RUN.metric_weights.values()),
        ),
    shell:
        "python {params.call} --log {log:q}"


rule aggregate:
    input:
        tables=RUN.scores_of(RUN.cells),
        networks=networks,
    output:
        scores=report(str(RUN.folder.scores), caption="../report/scores.rst", category="Scores"),
        summary=report(str(RUN.folder.summary), caption="../report/summary.rst", category="Scores"),
        metrics=f"{CONFIG.results}/metrics.json",
        origins=str(RUN.folder.origins),
    log:
        f"{LOGS}/aggregate.log",
    benchmark:
        f"{BENCHMARKS}/aggregate.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("aggregate", tables=lambda input: input.tables),
    params:
        **call(
            "aggregate.py",
            cells=[cell.path for cell in RUN.cells],
            chunks=list(RUN.chunks),
            settings=CONFIG.score,
            asked=lambda w: asked(),
        ),
    shell:
        "python {params.call} --log {log:q}"
