# Every test scene reconstructed, a chunk a job: by the meta-trained networks, single-shot and adapted to the scene's
# other exposures, and by the methods beside them, which also take the moving brackets.


rule reconstruct:
    input:
        scenes=lambda w: RUN.compared_with(w.moving, w.fold, w.chunk),
        labels=lambda w: RUN.labels(RUN.label_sources_of(w.method, w.moving), w.fold, w.chunk),
        weights=lambda w: by_bytes(RUN.weight_file(w.method, w.fold)),
    output:
        predictions=directory(f"{RUN.fold}/{{moving}}methods/{{method}}/predictions/{{chunk}}"),
    log:
        f"{LOGS}/reconstruct/fold{{fold}}/{{moving}}{{method}}/{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/reconstruct/fold{{fold}}/{{moving}}{{method}}/{{chunk}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("reconstruct"),
    params:
        **call(
            "reconstruct.py",
            method=lambda w: w.method,
            data=lambda w: RUN.fold.format(**w),
            chunk=lambda w: w.chunk,
            register=CONFIG.data.register_file,
            label_sources=lambda w: RUN.label_sources_of(w.method, w.moving),
            moving=lambda w: bool(w.moving),
            threads=CONFIG.machine.threads,
            reads=lambda w: RUN.weight_file(w.method, w.fold),
        ),
        places=RUN.places,  # for the check that nothing was trained on test places
    shell:
        "METAHDR_GPUS={resources.gpu} python {params.call} --log {log:q}"


use rule reconstruct as adapt with:
    input:
        scenes=RUN.scenes_of_chunk,
        labels=RUN.labels(RUN.label_sources, chunk="{chunk}"),
        weights=f"{RUN.training}/best.pt",
        files=lambda w: by_bytes(RUN.read_by(w.variant)),
    output:
        predictions=directory(f"{RUN.training}/predictions/{{chunk}}"),
    log:
        f"{LOGS}/adapt/fold{{fold}}/{{variant}}/{{label_source}}/seed{{seed}}/{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/adapt/fold{{fold}}/{{variant}}/{{label_source}}/seed{{seed}}/{{chunk}}.tsv"
    priority: 1
    resources:
        **needs("adapt"),
    params:
        **call(
            "reconstruct.py",
            method="metahdr",
            data=lambda w: RUN.fold.format(**w),
            chunk=lambda w: w.chunk,
            register=CONFIG.data.register_file,
            label_sources=RUN.label_sources,
            moving=False,
            trained_with=lambda w: CONFIG.variant(w.variant).one(w.label_source, int(w.seed)),
            threads=CONFIG.machine.threads,
            reads=lambda w: RUN.read_by(w.variant),
        ),
