# The field's methods side by side, on single exposures, still brackets and moving brackets: docs/methods.md. Not part
# of the default run: `make benchmark`, or `snakemake --cores all benchmark --configfile config/benchmark.yaml`.

# What merges moving brackets, and what reconstructs their middle exposure alone; oracles are told their scene.
MOVED = [
    name
    for name in SCORED
    if METHODS[name].takes in ("single", "bracket") and not METHODS[name].is_oracle()
]
MOVING_CELL = f"{FOLD}/moving/methods/{{method}}"


rule move:
    input:
        retrieved=f"{DATA}/retrieved/{{chunk}}.json",
        arrays=SCENES,  # other scenes of the same split lend the things that move
    output:
        scenes=directory(f"{FOLD}/moving/scenes/{{chunk}}"),
        exposures=directory(f"{FOLD}/moving/exposures/{{chunk}}"),
        moved=directory(f"{FOLD}/moving/moved/{{chunk}}"),
        exposures_table=f"{FOLD}/moving/exposures/{{chunk}}.csv",
    log:
        f"{RESULTS}/logs/move/fold{{fold}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/move/fold{{fold}}/{{chunk}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("move"),
    params:
        **script(
            "move.py",
            [LAYOUTS.module(DATASET.kind)],
            data=fold_folder,
            chunk=lambda w: w.chunk,
            folder=RAW,
            kind=DATASET.kind,
            prepare=prepare_settings(),
            motion=CONFIG.motion,
            camera=CONFIG.expose,
            seed=CONFIG.seed,
        ),
    shell:
        RUN_SCRIPT


use rule reconstruct as reconstruct_moving with:
    input:
        scenes=[*SCENES_OF_CHUNK, *MOVING],
        weights=lambda w: weight_file(w.method, w.fold),
    output:
        predictions=directory(f"{MOVING_CELL}/predictions/{{chunk}}"),
    log:
        f"{RESULTS}/logs/reconstruct_moving/fold{{fold}}/{{method}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reconstruct_moving/fold{{fold}}/{{method}}/{{chunk}}.tsv"
    params:
        **script(
            "reconstruct.py",
            lambda w: [METHODS.module(w.method)],
            method=lambda w: w.method,
            data=fold_folder,
            chunk=lambda w: w.chunk,
            register=CONFIG.data.register_file,
            label_sources=[],
            threads=CONFIG.machine.threads,
            moving=True,
        ),
        places=PLACES,  # for the check that nothing was trained on test places


use rule score as score_moving with:
    input:
        scenes=[*SCENES_OF_CHUNK, *MOVING],
        predictions=f"{MOVING_CELL}/predictions/{{chunk}}",
        metrics=METRIC_WEIGHTS.values(),
    output:
        scores=f"{MOVING_CELL}/scores/{{chunk}}.csv",
    log:
        f"{RESULTS}/logs/score_moving/fold{{fold}}/{{method}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/score_moving/fold{{fold}}/{{method}}/{{chunk}}.tsv"
    params:
        **script(
            "score.py",
            map(METRICS.module, CONFIG.score.metric_names()),
            data=fold_folder,
            chunk=lambda w: w.chunk,
            method=lambda w: w.method,
            run="none",
            seed="none",
            fold=lambda w: w.fold,
            modes=lambda w: modes(METHODS[w.method], []),
            names=CONFIG.score.metric_names(),
            settings=MEASURING,
            weights=METRIC_WEIGHTS,
            threads=CONFIG.machine.threads,
            moving=True,
        ),


use rule aggregate as aggregate_moving with:
    input:
        tables=[
            f"{MOVING_CELL.format(fold=fold, method=method)}/scores/{chunk}.csv"
            for fold in FOLDS
            for method in MOVED
            for chunk in CHUNKS
        ],
    output:
        scores=f"{DATA}/moving/scores.csv",
        summary=f"{DATA}/moving/summary.csv",
    log:
        f"{RESULTS}/logs/aggregate_moving.log",
    benchmark:
        f"{RESULTS}/benchmarks/aggregate_moving.tsv"
    params:
        **script(
            "aggregate.py",
            [
                *map(METRICS.module, CONFIG.score.metric_names()),
                *map(METHODS.module, MOVED),
            ],
            cells=[
                MOVING_CELL.format(fold=fold, method=method)
                for fold in FOLDS
                for method in MOVED
            ],
            chunks=list(CHUNKS),
            settings=CONFIG.score,
        ),


# Alone on the machine, so that nothing else takes its cores; on the processor, also where there is a GPU.
rule cost:
    input:
        scenes=lambda w: expand([*SCENES_OF_CHUNK, *MOVING], fold=w.fold, chunk=CHUNKS),
        weights=lambda w: weight_file(w.method, w.fold),
    output:
        table=f"{FOLD}/costs/{{method}}.csv",
    log:
        f"{RESULTS}/logs/cost/fold{{fold}}/{{method}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/cost/fold{{fold}}/{{method}}.tsv"
    conda:
        "../../environment.yml"
    threads: workflow.cores or 1
    resources:
        **needs("cost"),
    params:
        **script(
            "cost.py",
            lambda w: [METHODS.module(w.method)],
            method=lambda w: w.method,
            data=fold_folder,
            settings=CONFIG.benchmark,
        ),
    shell:
        RUN_SCRIPT


# The networks that the run trained for it.
BENCHMARKED = {
    name: weight_file(name, FOLDS[0]) for name in TRAINED if METHODS[name].by_name
}


rule benchmark_page:
    input:
        still=f"{DATA}/scores.csv",
        moving=f"{DATA}/moving/scores.csv",
        scenes=expand([*SCENES_OF_CHUNK, *MOVING], fold=FOLDS[0], chunk=CHUNKS),
        weights_files=BENCHMARKED.values(),
        predictions=expand(
            f"{MOVING_CELL}/predictions/{{chunk}}",
            fold=FOLDS[0],
            method=MOVED,
            chunk=CHUNKS,
        ),
        costs=expand(f"{FOLD}/costs/{{method}}.csv", fold=FOLDS[0], method=MOVED),
    output:
        summary=f"{DATA}/benchmark/summary.csv",
        markdown=f"{DATA}/benchmark/tables.md",
        figure=f"{DATA}/benchmark/moving.png",
        page=f"{DATA}/benchmark/index.html",
    log:
        f"{RESULTS}/logs/benchmark_page.log",
    benchmark:
        f"{RESULTS}/benchmarks/benchmark_page.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs(
            "benchmark_page",
            lambda input: [input.still, input.moving],
        ),
    params:
        **script(
            "benchmark.py",
            map(METHODS.module, MOVED),
            data=f"{DATA}/fold{FOLDS[0]}",
            dataset=NAME,
            weights=BENCHMARKED,
            methods=MOVED,
            benchmarks=f"{RESULTS}/benchmarks/train_method/fold{FOLDS[0]}",
            confidence=CONFIG.score.confidence,
            settings=CONFIG.benchmark,
        ),
    shell:
        RUN_SCRIPT


rule benchmark:
    input:
        rules.benchmark_page.output,
        rules.report.output.page if CONFIG.benchmark.in_report else [],
