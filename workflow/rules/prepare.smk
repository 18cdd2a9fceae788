# Scenes of each source by itself, then each fold's table of all scenes with the split.


rule prepare:
    input:
        lambda w: [f"{RAW}/{name}" for name in SOURCES[w.source].files],
    output:
        hdr=f"{DATA}/scenes/{{source}}.npy",
        own=f"{DATA}/own/{{source}}.npy",
        table=f"{DATA}/scenes/{{source}}.csv",
    log:
        f"{RESULTS}/logs/prepare/{{source}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare/{{source}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("prepare"),
        one_by_one=1,  # in a group of jobs
    params:
        **script(
            "prepare.py",
            [LAYOUTS.module(DATASET.kind), *repairs()],
            name=lambda w: w.source,
            source=lambda w: vars(SOURCES[w.source]),
            kind=DATASET.kind,
            settings=prepare_settings(),
            folder=RAW,
        ),
    shell:
        RUN_SCRIPT


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
        ),
        sources=str(SOURCES),
        places=str(DATASET.places()),
    shell:
        RUN_SCRIPT


rule split:
    input:
        tables=expand(f"{DATA}/scenes/{{source}}.csv", source=SOURCES),
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
