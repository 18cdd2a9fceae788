# The raw files, the place and the chunk of every source; the scenes of each chunk by itself; then each fold's table of
# all scenes with the split.


# A command has no room for the files of thousands of sources: scripts that take all read them here.
rule manifest:
    output:
        out=f"{DATA}/sources.json",
    log:
        f"{RESULTS}/logs/manifest.log",
    conda:
        "../../environment.yml"
    params:
        **script(
            "manifest.py",
            [LAYOUTS.module(DATASET.kind)],
            register=CONFIG.data.register_file,
            dataset=NAME,
            chunk=CONFIG.machine.chunk,
        ),
        sources=str(SOURCES),
        places=str(PLACE_OF),
    shell:
        RUN_SCRIPT


rule prepare:
    input:
        retrieved=f"{DATA}/retrieved/{{chunk}}.json",
    output:
        hdr=directory(f"{DATA}/scenes/{{chunk}}"),
        own=directory(f"{DATA}/own/{{chunk}}"),
        table=f"{DATA}/scenes/{{chunk}}.csv",
    log:
        f"{RESULTS}/logs/prepare/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare/{{chunk}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("prepare"),
    params:
        **script(
            "prepare.py",
            [LAYOUTS.module(DATASET.kind), *repairs()],
            kind=DATASET.kind,
            settings=prepare_settings(),
            folder=RAW,
        ),
    shell:
        RUN_SCRIPT


rule split:
    input:
        tables=expand(f"{DATA}/scenes/{{chunk}}.csv", chunk=CHUNKS),
        manifest=f"{DATA}/sources.json",
    output:
        out=report(
            f"{FOLD}/scenes.csv", caption="../report/scenes.rst", category="Scenes"
        ),
    log:
        f"{RESULTS}/logs/split/fold{{fold}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/split/fold{{fold}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("split"),
    params:
        **script(
            "split.py",
            settings=CONFIG.split.model_copy(update={"folds": [0]}),
            seed=CONFIG.seed,
            fold=lambda w: w.fold,
        ),
    shell:
        RUN_SCRIPT
