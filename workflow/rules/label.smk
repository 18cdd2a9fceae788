# HDR labels of every exposure: by label.method, by default HDR-CNN, and by each other method that takes single
# exposures and is the label source of a run. The state that resumes an interrupted job is no output, because
# Snakemake deletes the outputs of a killed job.


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
            [METHODS.module("hdrcnn"), LAYOUTS.module(DATASET.kind)],
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
        RUN_SCRIPT


rule label:
    input:
        scenes=SCENES,
        weights=lambda w: weight_file(*LABELLERS[w.label_source]),
    output:
        labels=directory(f"{DATA}/labels/{{label_source}}"),
    log:
        f"{RESULTS}/logs/label/{{label_source}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/label_{{label_source}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        **script(
            "label.py",
            lambda w: [METHODS.module(LABELLERS[w.label_source][0])],
            method=lambda w: LABELLERS[w.label_source][0],
            data=DATA,
            settings=Label(half=CONFIG.label.half, compile=CONFIG.label.compile),
            threads=CONFIG.threads,
        ),
    shell:
        RUN_SCRIPT
