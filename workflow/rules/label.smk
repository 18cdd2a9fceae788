# HDR labels of every exposure, a chunk a job: by label.method, by default HDR-CNN, and by each other method that takes
# single exposures and is the label source of a run. The state that resumes an interrupted job is no output, because
# Snakemake deletes the outputs of a killed job.


rule train_method:
    input:
        files=trained_from,
        sources=f"{DATA}/sources.json",
        scenes=f"{FOLD}/scenes.csv",
        pretrained=lambda w: pretrained_files(w.method),
    output:
        model=f"{FOLD}/{{method}}.safetensors",
        history=f"{FOLD}/{{method}}.csv",
    log:
        f"{RESULTS}/logs/train_method/fold{{fold}}/{{method}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_method/fold{{fold}}/{{method}}.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("train_method"),
    params:
        **script(
            "train.py",
            lambda w: [METHODS.module(w.method), LAYOUTS.module(DATASET.kind)],
            method=lambda w: w.method,
            data=fold_folder,
            raw=RAW,
            kind=DATASET.kind,
            settings=lambda w: method_settings(w.method),
            seed=CONFIG.seed,
            threads=CONFIG.machine.threads,
            state=lambda w: f"{fold_folder(w)}/{w.method}.state.pt",
        ),
    shell:
        RUN_ON_GPU


# Apart from `label`, so that another split labels nothing again.
rule check_labeller:
    input:
        scenes=f"{FOLD}/scenes.csv",
        weights=lambda w: weight_file(LABELLERS[w.label_source], w.fold),
    output:
        trained_on=f"{FOLD}/labels/{{label_source}}/trained_on.csv",
    log:
        f"{RESULTS}/logs/check_labeller/fold{{fold}}/{{label_source}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/check_labeller/fold{{fold}}/{{label_source}}.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    resources:
        **needs("check_labeller"),
    params:
        **script(
            "check_labeller.py",
            lambda w: [METHODS.module(LABELLERS[w.label_source])],
            method=lambda w: LABELLERS[w.label_source],
            register=CONFIG.data.register_file,
        ),
        places=PLACES,  # what was trained on a test place under another name
    shell:
        RUN_SCRIPT


rule label:
    input:
        scenes=[f"{DATA}/scenes/{{chunk}}.csv", *CHUNK],
        weights=lambda w: weight_file(LABELLERS[w.label_source], w.fold),
    output:
        labels=directory(f"{FOLD}/labels/{{label_source}}/{{chunk}}"),
    log:
        f"{RESULTS}/logs/label/fold{{fold}}/{{label_source}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/label/fold{{fold}}/{{label_source}}/{{chunk}}.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("label"),
    params:
        **script(
            "label.py",
            lambda w: [METHODS.module(LABELLERS[w.label_source])],
            method=lambda w: LABELLERS[w.label_source],
            data=DATA,
            chunk=lambda w: w.chunk,
            settings=Label(half=CONFIG.label.half, compile=CONFIG.label.compile),
            threads=CONFIG.machine.threads,
        ),
    shell:
        RUN_ON_GPU
