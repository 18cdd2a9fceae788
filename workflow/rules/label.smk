# Simulated HDR labels: HDR-CNN, shipped, trained on the training scenes alone, or the authors', labels every
# exposure. What resumes an interrupted job is no output, because Snakemake deletes the outputs of a killed job.

LABEL_MODELS = {
    "shipped": f"{MODELS}/hdrcnn.safetensors",
    "train": f"{DATA}/hdrcnn.safetensors",
} | {name: f"{WEIGHTS}/{entry.name}" for name, entry in WEIGHT_FILES.items()}


rule train_hdrcnn:
    input:
        images=[f"{RAW}/{source.hdr}" for source in SOURCES.values()],
        scenes=f"{DATA}/scenes.csv",
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
        seed=CONFIG.seed,
        names=list(SOURCES),
        kind=DATASET.kind,
        settings=settings(CONFIG.hdrcnn),
        state=lambda w, output: Path(output.model).with_suffix(".state.pt"),
    shell:
        'python "$SCRIPTS/train_hdrcnn.py" --images {input.images} --names {params.names} --kind {params.kind}'
        " --scenes {input.scenes} --settings {params.settings:q} --seed {params.seed} --threads {threads}"
        " --state {params.state} --model {output.model} --history {output.history} --log {log}"


rule label:
    input:
        scenes=TASKS,
        model=LABEL_MODELS[CONFIG.label.model],
    output:
        directory(f"{DATA}/labels"),
    log:
        f"{RESULTS}/logs/label.log",
    benchmark:
        f"{RESULTS}/benchmarks/label.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        data=data_folder,
        settings=settings(CONFIG.label),
    shell:
        'python "$SCRIPTS/label.py" --data {params.data} --model {input.model} --settings {params.settings:q}'
        " --threads {threads} --labels {output} --log {log}"
