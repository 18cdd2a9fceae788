# HDR labels by networks: that of label.model, by default HDR-CNN, labels every exposure, and so does ExpandNet where
# a run has its labels. What resumes an interrupted job is no output, because Snakemake deletes the outputs of a
# killed job.

LABEL_MODELS = {
    "shipped": f"{MODELS}/hdrcnn.safetensors",
    "train": f"{DATA}/hdrcnn.safetensors",
} | {name: f"{WEIGHTS}/{entry.name}" for name, entry in WEIGHT_FILES.items()}


rule sources:
    output:
        f"{DATA}/sources.json",
    log:
        f"{RESULTS}/logs/sources.log",
    conda:
        "../../environment.yml"
    params:
        sources=json.dumps({name: vars(source) for name, source in SOURCES.items()}),
    shell:
        "printf %s {params.sources:q} > {output} 2> {log}"


rule train_hdrcnn:
    input:
        images=[f"{RAW}/{source.hdr}" for source in SOURCES.values()],
        scenes=f"{DATA}/scenes.csv",
        sources=f"{DATA}/sources.json",
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
        data=lambda w: DATA,
        raw=lambda w: RAW,
        kind=DATASET.kind,
        settings=settings(CONFIG.hdrcnn),
        state=lambda w, output: Path(output.model).with_suffix(".state.pt"),
    shell:
        'python "$SCRIPTS/train.py" --method hdrcnn --data {params.data} --sources {input.sources} --raw {params.raw}'
        " --kind {params.kind} --settings {params.settings:q} --seed {params.seed} --threads {threads}"
        " --code unknown --state {params.state} --model {output.model} --history {output.history} --log {log}"


rule label:
    input:
        scenes=TASKS,
        model=lambda w: LABEL_MODELS[NETWORKS[w.network]],
    output:
        directory(f"{DATA}/labels/{{network}}"),
    log:
        f"{RESULTS}/logs/label/{{network}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/label_{{network}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        data=data_folder,
        settings=lambda w: settings(
            CONFIG.label.model_copy(update={"model": NETWORKS[w.network]})
        ),
    shell:
        'python "$SCRIPTS/label.py" --data {params.data} --model {input.model} --settings {params.settings:q}'
        " --threads {threads} --labels {output} --log {log}"
