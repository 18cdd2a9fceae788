# HDR labels by networks: that of label.model, by default HDR-CNN, labels every exposure, and so does ExpandNet where
# a run has its labels. What resumes an interrupted job is no output, because Snakemake deletes the outputs of a
# killed job.

LABEL_MODELS = {
    "shipped": f"{MODELS}/hdrcnn.safetensors",
    "train": f"{DATA}/hdrcnn.safetensors",
} | {name: f"{WEIGHTS}/{entry.name}" for name, entry in WEIGHT_FILES.items()}


rule train_hdrcnn:
    input:
        images=[f"{RAW}/{source.hdr}" for source in SOURCES.values()],
        sources=f"{DATA}/sources.json",
        scenes=f"{DATA}/scenes.csv",
        vgg16=[CONFIG.hdrcnn.vgg16] if CONFIG.hdrcnn.vgg16 else [],
    output:
        model=f"{DATA}/hdrcnn.safetensors",
        history=f"{DATA}/hdrcnn.csv",
    log:
        f"{RESULTS}/logs/train_hdrcnn.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_hdrcnn.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        **script(
            "train.py",
            [METHODS.module("hdrcnn")],
            method="hdrcnn",
            data=DATA,
            raw=RAW,
            kind=DATASET.kind,
            settings=CONFIG.hdrcnn,
            seed=CONFIG.seed,
            threads=CONFIG.threads,
            state=f"{DATA}/hdrcnn.state.pt",
        ),
    shell:
        'python "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'


rule label:
    input:
        scenes=TASKS,
        model=lambda w: LABEL_MODELS[NETWORKS[w.network]],
    output:
        labels=directory(f"{DATA}/labels/{{network}}"),
    log:
        f"{RESULTS}/logs/label/{{network}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/label_{{network}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        **script(
            "label.py",
            data=DATA,
            settings=lambda w: CONFIG.label.model_copy(
                update={"model": NETWORKS[w.network]}
            ),
            threads=CONFIG.threads,
        ),
    shell:
        'python "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'
