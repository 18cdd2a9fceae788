# Every test scene reconstructed, a chunk a job: by the meta-trained networks, single-shot and adapted to the scene's
# other exposures, and by the methods beside them.


rule adapt:
    input:
        scenes=SCENES_OF_CHUNK,
        labels=label_folders(LABEL_SOURCES, chunks=["{chunk}"]),
        weights=f"{TRAINING}/best.pt",
        files=lambda w: CONFIG.variant(w.variant).weights,
    output:
        predictions=directory(f"{TRAINING}/predictions/{{chunk}}"),
    log:
        f"{RESULTS}/logs/adapt/fold{{fold}}/{{variant}}/{{run}}/seed{{seed}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/adapt/fold{{fold}}/{{variant}}/{{run}}/seed{{seed}}/{{chunk}}.tsv"
    priority: 1
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("adapt"),
    params:
        **script(
            "reconstruct.py",
            lambda w: training_modules(CONFIG.variant(w.variant), LABEL_SOURCES),
            method="metahdr",
            data=fold_folder,
            chunk=lambda w: w.chunk,
            register=CONFIG.data.register_file,
            label_sources=LABEL_SOURCES,
            threads=CONFIG.machine.threads,
        ),
        places=PLACES,  # for the check that nothing was trained on test places
    shell:
        RUN_ON_GPU


rule reconstruct:
    input:
        scenes=SCENES_OF_CHUNK,
        labels=lambda w: label_folders(label_sources(w.method), w.fold, [w.chunk]),
        weights=lambda w: weight_file(w.method, w.fold),
    output:
        predictions=directory(f"{FOLD}/methods/{{method}}/predictions/{{chunk}}"),
    log:
        f"{RESULTS}/logs/reconstruct/fold{{fold}}/{{method}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reconstruct/fold{{fold}}/{{method}}/{{chunk}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("reconstruct"),
    params:
        **script(
            "reconstruct.py",
            lambda w: [
                METHODS.module(w.method),
                *label_methods(label_sources(w.method)),
            ],
            method=lambda w: w.method,
            data=fold_folder,
            chunk=lambda w: w.chunk,
            register=CONFIG.data.register_file,
            label_sources=lambda w: label_sources(w.method),
            threads=CONFIG.machine.threads,
        ),
        places=PLACES,  # for the check that nothing was trained on test places
    shell:
        RUN_ON_GPU
