# The field's methods side by side, on single exposures, still brackets and moving brackets: docs/methods.md. Not part
# of the default run: `make benchmark`, or `snakemake --cores all benchmark --configfile config/benchmark.yaml`.


rule move:
    input:
        retrieved=RUN.retrieved,
        arrays=RUN.all_scenes,  # other scenes of the same split lend the things that move
    output:
        scenes=directory(f"{RUN.fold}/moving/scenes/{{chunk}}"),
        exposures=directory(f"{RUN.fold}/moving/exposures/{{chunk}}"),
        moved=directory(f"{RUN.fold}/moving/moved/{{chunk}}"),
        exposures_table=f"{RUN.fold}/moving/exposures/{{chunk}}.csv",
    log:
        f"{LOGS}/move/fold{{fold}}/{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/move/fold{{fold}}/{{chunk}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("move"),
    params:
        **call(
            "move.py",
            data=lambda w: RUN.fold.format(**w),
            chunk=lambda w: w.chunk,
            folder=RUN.raw,
            kind=RUN.dataset.kind,
            prepare=RUN.prepare,
            motion=CONFIG.motion,
            camera=CONFIG.expose,
            seed=CONFIG.seed,
        ),
    shell:
        "python {params.call} --log {log:q}"


use rule aggregate as aggregate_moving with:
    input:
        tables=RUN.scores_of(RUN.moving_cells),
    output:
        scores=f"{RUN.data}/moving/scores.csv",
        summary=f"{RUN.data}/moving/summary.csv",
    log:
        f"{LOGS}/aggregate_moving.log",
    benchmark:
        f"{BENCHMARKS}/aggregate_moving.tsv"
    params:
        **call(
            "aggregate.py",
            cells=[cell.path for cell in RUN.moving_cells],
            chunks=list(RUN.chunks),
            settings=CONFIG.score,
            asked=None,
        ),


# Alone on the machine, so that nothing else takes its cores; on the processor, also where there is a GPU. A cluster
# knows no number of cores of the whole run.
rule benchmark_cost:
    input:
        scenes=lambda w: RUN.of_chunks(*RUN.scenes_of_chunk, *RUN.moving, fold=w.fold),
        weights=lambda w: RUN.weight_file(w.method, w.fold),
    output:
        table=f"{RUN.fold}/costs/{{method}}.csv",
    log:
        f"{LOGS}/benchmark_cost/fold{{fold}}/{{method}}.log",
    benchmark:
        f"{BENCHMARKS}/benchmark_cost/fold{{fold}}/{{method}}.tsv"
    conda:
        "../../environment.yml"
    threads: workflow.resource_settings.cores or 1
    resources:
        **needs("benchmark_cost"),
    params:
        **call(
            "benchmark_cost.py",
            method=lambda w: w.method,
            data=lambda w: RUN.fold.format(**w),
            settings=CONFIG.benchmark,
        ),
    shell:
        "python {params.call} --log {log:q}"


rule benchmark_page:
    input:
        still=str(RUN.folder.scores),
        moving=f"{RUN.data}/moving/scores.csv",
        scenes=RUN.of_chunks(*RUN.scenes_of_chunk, *RUN.moving, fold=FOLDS[0]),
        weights_files=RUN.benchmarked.values(),
        predictions=RUN.predictions_of(RUN.moving_cells),
        costs=expand(f"{RUN.fold}/costs/{{method}}.csv", fold=FOLDS[0], method=RUN.moved),
    output:
        summary=f"{RUN.data}/benchmark/summary.csv",
        markdown=f"{RUN.data}/benchmark/tables.md",
        figure=f"{RUN.data}/benchmark/moving.svg",
        page=f"{RUN.data}/benchmark/index.html",
    log:
        f"{LOGS}/benchmark_page.log",
    benchmark:
        f"{BENCHMARKS}/benchmark_page.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("benchmark_page", tables=lambda input: [input.still, input.moving]),
    params:
        **call(
            "benchmark_page.py",
            data=RUN.fold.format(fold=FOLDS[0]),
            dataset=CONFIG.data.dataset,
            weights=RUN.benchmarked,
            methods=RUN.moved,
            benchmarks=f"{BENCHMARKS}/train_method/fold{FOLDS[0]}",
            confidence=CONFIG.score.confidence,
            settings=CONFIG.benchmark,
        ),
    shell:
        "python {params.call} --log {log:q}"


rule benchmark:
    input:
        rules.benchmark_page.output,
        rules.report.output.page if CONFIG.benchmark.in_report else [],
