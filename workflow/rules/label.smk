# HDR labels of every exposure, a chunk a job: by label.method, by default HDR-CNN, and by each other method that takes
# single exposures and is the label source of a run. The state that resumes an interrupted job is no output, because
# Snakemake deletes the outputs of a killed job.


rule train_method:
    input:
        files=lambda w: RUN.trained_from(w.method, w.fold),
        sources=RUN.manifest,
        scenes=RUN.table,
        pretrained=lambda w: by_bytes(RUN.pretrained_files(w.method)),
    output:
        # as of `meta_train`
        model=update(f"{RUN.fold}/{{method}}.safetensors"),
        history=update(f"{RUN.fold}/{{method}}.csv"),
    log:
        f"{LOGS}/train_method/fold{{fold}}/{{method}}.log",
    benchmark:
        f"{BENCHMARKS}/train_method/fold{{fold}}/{{method}}.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("train_method"),
    params:
        **call(
            "train.py",
            method=lambda w: w.method,
            data=lambda w: RUN.fold.format(**w),
            raw=RUN.raw,
            kind=RUN.dataset.kind,
            settings=lambda w: CONFIG.training_of(w.method),
            seed=CONFIG.seed,
            threads=CONFIG.machine.threads,
            state=lambda w: f"{RUN.fold.format(**w)}/{w.method}.state.pt",
            reads=lambda w: RUN.pretrained_files(w.method),
        ),
    shell:
        "METAHDR_GPUS={resources.gpu} python {params.call} --log {log:q}"


# Apart from `label`, so that another split labels nothing again.
rule check_labeller:
    input:
        scenes=RUN.table,
        weights=lambda w: by_bytes(RUN.weight_file(RUN.labellers[w.label_source], w.fold)),
    output:
        trained_on=f"{RUN.fold}/labels/{{label_source}}/trained_on.csv",
    log:
        f"{LOGS}/check_labeller/fold{{fold}}/{{label_source}}.log",
    benchmark:
        f"{BENCHMARKS}/check_labeller/fold{{fold}}/{{label_source}}.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    resources:
        **needs("check_labeller"),
    params:
        **call(
            "check_labeller.py",
            method=lambda w: RUN.labellers[w.label_source],
            register=CONFIG.data.register_file,
            reads=lambda w: RUN.weight_file(RUN.labellers[w.label_source], w.fold),
        ),
        places=RUN.places,  # what was trained on a test place under another name
    shell:
        "python {params.call} --log {log:q}"


rule label:
    input:
        scenes=[RUN.scenes_table, *RUN.arrays],
        weights=lambda w: by_bytes(RUN.weight_file(RUN.labellers[w.label_source], w.fold)),
    output:
        labels=directory(f"{RUN.fold}/labels/{{label_source}}/{{chunk}}"),
    log:
        f"{LOGS}/label/fold{{fold}}/{{label_source}}/{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/label/fold{{fold}}/{{label_source}}/{{chunk}}.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("label"),
    params:
        **call(
            "label.py",
            method=lambda w: RUN.labellers[w.label_source],
            data=RUN.data,
            chunk=lambda w: w.chunk,
            half=CONFIG.label.half,
            compile=CONFIG.label.compile,
            threads=CONFIG.machine.threads,
            reads=lambda w: RUN.weight_file(RUN.labellers[w.label_source], w.fold),
        ),
    shell:
        "METAHDR_GPUS={resources.gpu} python {params.call} --log {log:q}"
