# Every test scene reconstructed: by the meta-trained networks, single-shot and adapted to the scene's other exposures,
# and by the methods beside them.


rule adapt:
    input:
        scenes=SCENES,
        labels=label_folders(LABEL_SOURCES),
        weights=f"{TRAINING}/best.pt",
        files=lambda w: CONFIG.variant(w.variant).weights,
    output:
        predictions=directory(f"{TRAINING}/predictions"),
    log:
        f"{RESULTS}/logs/adapt/fold{{fold}}/{{variant}}/{{run}}/seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/adapt/fold{{fold}}/{{variant}}/{{run}}/seed{{seed}}.tsv"
    priority: 1
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    resources:
        **needs("adapt"),
    params:
        **script(
            "reconstruct.py",
            lambda w: training_modules(CONFIG.variant(w.variant), LABEL_SOURCES),
            method="metahdr",
            data=fold_folder,
            register=CONFIG.data.register_file,
            label_sources=LABEL_SOURCES,
            threads=CONFIG.threads,
        ),
        places=PLACES,  # for the check that nothing was trained on test places
    shell:
        RUN_SCRIPT


rule reconstruct:
    input:
        scenes=SCENES,
        labels=lambda w: label_folders(label_sources(w.method)),
        weights=lambda w: weight_file(w.method, w.fold),
    output:
        predictions=directory(f"{FOLD}/methods/{{method}}/predictions"),
    log:
        f"{RESULTS}/logs/reconstruct/fold{{fold}}/{{method}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reconstruct/fold{{fold}}/{{method}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
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
            register=CONFIG.data.register_file,
            label_sources=lambda w: label_sources(w.method),
            threads=CONFIG.threads,
        ),
        places=PLACES,  # for the check that nothing was trained on test places
    shell:
        RUN_SCRIPT
