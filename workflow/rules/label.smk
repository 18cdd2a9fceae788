# HDR labels of every exposure: by label.method, by default HDR-CNN, and by each other method that takes single
# exposures and is the label source of a run. The state that resumes an interrupted job is no output, because
# Snakemake deletes the outputs of a killed job.


rule train_method:
    input:
        files=trained_from,
        sources=f"{DATA}/sources.json",
        scenes=f"{FOLD}/scenes.csv",
        vgg16=lambda w: (
            [CONFIG.hdrcnn.vgg16]
            if w.method == "hdrcnn" and CONFIG.hdrcnn.vgg16
            else []
        ),
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
    threads: CONFIG.threads
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
            threads=CONFIG.threads,
            state=lambda w: f"{fold_folder(w)}/{w.method}.state.pt",
        ),
    shell:
        RUN_SCRIPT


rule label:
    input:
        scenes=SCENES,
        weights=lambda w: weight_file(LABELLERS[w.label_source], w.fold),
    output:
        labels=directory(f"{FOLD}/labels/{{label_source}}"),
    log:
        f"{RESULTS}/logs/label/fold{{fold}}/{{label_source}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/label/fold{{fold}}/{{label_source}}.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    resources:
        **needs("label"),
    params:
        **script(
            "label.py",
            lambda w: [METHODS.module(LABELLERS[w.label_source])],
            method=lambda w: LABELLERS[w.label_source],
            data=fold_folder,
            register=CONFIG.data.register_file,
            settings=Label(half=CONFIG.label.half, compile=CONFIG.label.compile),
            threads=CONFIG.threads,
        ),
        places=PLACES,  # for the check that nothing was trained on test places
    shell:
        RUN_SCRIPT
