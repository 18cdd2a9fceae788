# Every test scene reconstructed: by the meta-trained networks, single-shot and adapted to the scene's other exposures,
# and by the methods beside them.


rule adapt:
    input:
        scenes=SCENES,
        labels=label_folders(LABEL_SOURCES),
        weights=f"{DATA}/{{run}}/best.pt",
        files=CONFIG.meta.weights,
    output:
        predictions=directory(f"{DATA}/{{run}}/predictions"),
    log:
        f"{RESULTS}/logs/adapt/{{run}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/adapt_{{run}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        **script(
            "reconstruct.py",
            training_modules(CONFIG.meta, LABEL_SOURCES),
            method="metahdr",
            data=DATA,
            label_sources=LABEL_SOURCES,
            threads=CONFIG.threads,
        ),
    shell:
        RUN_SCRIPT


rule reconstruct:
    input:
        scenes=SCENES,
        weights=lambda w: weight_file(w.method, label_weights(w.method)),
    output:
        predictions=directory(f"{DATA}/methods/{{method}}/predictions"),
    log:
        f"{RESULTS}/logs/reconstruct/{{method}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reconstruct_{{method}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        **script(
            "reconstruct.py",
            lambda w: [METHODS.module(w.method)],
            method=lambda w: w.method,
            data=DATA,
            label_sources=[],
            threads=CONFIG.threads,
        ),
    shell:
        RUN_SCRIPT
