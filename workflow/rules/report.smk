# The HTML report with its figures, and the provenance that lies beside the results.


rule steps:
    input:
        scenes=RUN.all_scenes,
        labels=RUN.labels(["simulated"]),
        network=f"{RUN.training}/best.pt",
        files=lambda w: by_bytes(RUN.read_by(w.variant)),
    output:
        steps=f"{RUN.training}/steps.csv",
    log:
        f"{LOGS}/steps/fold{{fold}}/{{variant}}/{{label_source}}/seed{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/steps/fold{{fold}}/{{variant}}/{{label_source}}/seed{{seed}}.tsv"
    priority: 1
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("steps"),
    params:
        **call(
            "steps.py",
            data=lambda w: RUN.fold.format(**w),
            label_source="simulated",
            names=RUN.step_metrics,
            trained_with=lambda w: CONFIG.variant(w.variant).one(w.label_source, int(w.seed)),
            photometry=CONFIG.score.photometry,
            threads=CONFIG.machine.threads,
            reads=lambda w: RUN.read_by(w.variant),
        ),
    shell:
        "python {params.call} --log {log:q}"


rule report:
    input:
        scenes=RUN.scenes_of_folds,
        labels=[f for fold in FOLDS for f in RUN.labels(RUN.label_sources, fold)],
        label_models=RUN.label_models,
        networks=RUN.networks,
        histories=[str(training.history) for training in RUN.trainings],
        predictions=RUN.predictions_of(RUN.cells),
        scores=str(RUN.folder.scores),
        summary=str(RUN.folder.summary),
        steps=RUN.steps,
        origins=str(RUN.folder.origins),
        benchmark=(f"{RUN.data}/benchmark/summary.csv" if CONFIG.benchmark.in_report else []),
    output:
        page=report(f"{CONFIG.results}/report/index.html", caption="../report/report.rst", category="Report"),
        tables=f"{CONFIG.results}/report/tables.md",
        figures=directory(f"{CONFIG.results}/report/figures"),
        provenance_file=str(RUN.folder.provenance),
        effective_config=f"{RUN.data}/config.yaml",
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{BENCHMARKS}/report.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("report", tables=lambda input: [input.scores]),
    params:
        **call(
            "report.py",
            data=RUN.data,
            config=CONFIG,
            stages=lambda w: codes(RUN.stages()),
            asked=lambda w: asked(),
            register=CONFIG.data.register_file,
            benchmarks=BENCHMARKS,
        ),
        dataset=RUN.dataset.model_dump_json(),
    shell:
        "python {params.call} --log {log:q}"
