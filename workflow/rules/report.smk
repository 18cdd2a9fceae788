# The HTML report with its figures, and the provenance that lies beside the results.

# Cheap ones alone: they are measured after every inner step.
STEP_METRICS = [
    name
    for name in ("ssim", "psnr", "pu21_psnr")
    if name in CONFIG.score.metric_names()
] or list(PAPER.validates)


rule steps:
    input:
        scenes=SCENES,
        labels=label_folders(["simulated"]),
        network=f"{TRAINING}/best.pt",
        files=lambda w: CONFIG.variant(w.variant).weights,
    output:
        steps=f"{TRAINING}/steps.csv",
    log:
        f"{RESULTS}/logs/steps/fold{{fold}}/{{variant}}/{{run}}/seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/steps/fold{{fold}}/{{variant}}/{{run}}/seed{{seed}}.tsv"
    priority: 1
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("steps"),
    params:
        **script(
            "steps.py",
            lambda w: [
                *training_modules(CONFIG.variant(w.variant), ["simulated"]),
                *map(METRICS.module, STEP_METRICS),
            ],
            data=fold_folder,
            label_source="simulated",
            names=STEP_METRICS,
            photometry=CONFIG.score.photometry,
            threads=CONFIG.machine.threads,
        ),
    shell:
        RUN_SCRIPT


rule report:
    input:
        scenes=[*expand(SCENES[0], fold=FOLDS), *SCENES[1:]],
        labels=[each for fold in FOLDS for each in label_folders(LABEL_SOURCES, fold)],
        label_models=[
            weight_file(LABELLERS[source], fold)
            for source in LABELLED
            for fold in FOLDS
        ],
        networks=[
            *(f"{training}/best.pt" for training in TRAININGS),
            *(weight_file(method, fold) for fold in FOLDS for method in TRAINED),
        ],
        histories=[f"{training}/history.csv" for training in TRAININGS],
        predictions=[
            f"{cell}/predictions/{chunk}" for cell in CELLS for chunk in CHUNKS
        ],
        scores=f"{DATA}/scores.csv",
        summary=f"{DATA}/summary.csv",
        # of one training: the first fold and seed, with simulated labels where the run has them
        steps=next(
            (
                f"{each}/steps.csv"
                for each in TRAININGS
                if "/metahdr/simulated/" in each
            ),
            f"{TRAININGS[0]}/steps.csv",
        ),
        benchmark=f"{DATA}/benchmark/summary.csv" if CONFIG.benchmark.in_report else [],
    output:
        page=report(
            f"{RESULTS}/report/index.html",
            caption="../report/report.rst",
            category="Report",
        ),
        tables=f"{RESULTS}/report/tables.md",
        figures=directory(f"{RESULTS}/report/figures"),
        provenance_file=f"{DATA}/provenance.json",
        effective_config=f"{DATA}/config.yaml",
    log:
        f"{RESULTS}/logs/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("report", lambda input: [input.scores]),
    params:
        **script(
            "report.py",
            [
                *map(METRICS.module, CONFIG.score.metric_names()),
                *map(METHODS.module, ["metahdr", *SCORED]),
            ],
            data=DATA,
            config=CONFIG,
            stages=stages(),
            register=CONFIG.data.register_file,
            benchmarks=f"{RESULTS}/benchmarks",
        ),
        dataset=DATASET.model_dump_json(),
    shell:
        RUN_SCRIPT
