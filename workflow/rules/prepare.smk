# The raw files, the place and the chunk of every source; the scenes of each chunk by itself; then each fold's table of
# all scenes with the split.


# A command has no room for the files of thousands of sources: scripts that take all read them here.
rule manifest:
    output:
        out=RUN.manifest,
    log:
        f"{LOGS}/manifest.log",
    conda:
        "../../environment.yml"
    params:
        **call(
            "manifest.py",
            register=CONFIG.data.register_file,
            dataset=CONFIG.data.dataset,
            kind=RUN.dataset.kind,
            chunk=CONFIG.machine.chunk,
        ),
        sources=str(RUN.sources),
        places=str(RUN.place_of),
    shell:
        "python {params.call} --log {log:q}"


rule prepare:
    input:
        retrieved=RUN.retrieved,
    output:
        hdr=directory(RUN.scenes),
        own=directory(RUN.own),
        table=RUN.scenes_table,
    log:
        f"{LOGS}/prepare/{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/prepare/{{chunk}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("prepare"),
    params:
        **call("prepare.py", kind=RUN.dataset.kind, settings=RUN.prepare, repair=RUN.repair, folder=RUN.raw),
    shell:
        "python {params.call} --log {log:q}"


rule split:
    input:
        tables=RUN.of_chunks(RUN.scenes_table),
        manifest=RUN.manifest,
    output:
        out=report(RUN.table, caption="../report/scenes.rst", category="Scenes"),
    log:
        f"{LOGS}/split/fold{{fold}}.log",
    benchmark:
        f"{BENCHMARKS}/split/fold{{fold}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("split"),
    params:
        **call(
            "split.py",
            settings=RUN.split.model_copy(update={"folds": [0]}),
            seed=CONFIG.seed,
            fold=lambda w: w.fold,
        ),
    shell:
        "python {params.call} --log {log:q}"
