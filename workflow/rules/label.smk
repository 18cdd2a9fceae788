# HDR labels by methods: that of label.method, by default HDR-CNN, labels every exposure, and so does any method that
# takes single exposures where a run has its labels. What resumes an interrupted job is no output, because Snakemake
# deletes the outputs of a killed job.


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
        weights=lambda w: weight_file(*LABELLERS[w.label_source]),
    output:
        directory(f"{DATA}/labels/{{label_source}}"),
    log:
        f"{RESULTS}/logs/label/{{label_source}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/label_{{label_source}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        data=data_folder,
        method=lambda w: LABELLERS[w.label_source][0],
        settings=lambda w: CONFIG.label.model_dump_json(include={"half", "compile"}),
        weights=lambda w, input: ["--weights", input.weights] if input.weights else [],
    shell:
        'python "$SCRIPTS/label.py" --method {params.method} --data {params.data} {params.weights:q}'
        " --settings {params.settings:q} --threads {threads} --labels {output} --log {log}"
