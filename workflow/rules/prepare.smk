# Scenes of each source by itself, then the table of all scenes with the split.


rule prepare:
    input:
        lambda w: [f"{RAW}/{name}" for name in SOURCES[w.source].files],
    output:
        hdr=f"{DATA}/scenes/{{source}}.npy",
        own=f"{DATA}/own/{{source}}.npy",
        table=f"{DATA}/scenes/{{source}}.csv",
    log:
        f"{RESULTS}/logs/prepare/{{source}}.log",
    conda:
        "../../environment.yml"
    params:
        **script(
            "prepare.py",
            name=lambda w: w.source,
            source=lambda w: vars(SOURCES[w.source]),
            kind=DATASET.kind,
            settings=prepare_settings(),
            folder=RAW,
        ),
    shell:
        'python "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'


# The raw files of every source, for scripts that take all sources: thousands do not fit into a command.
rule manifest:
    output:
        f"{DATA}/sources.json",
    log:
        f"{RESULTS}/logs/manifest.log",
    params:
        sources={name: vars(source) for name, source in SOURCES.items()},
    run:
        Path(output[0]).write_text(json.dumps(params.sources, indent=1) + "\n")


rule split:
    input:
        tables=expand(f"{DATA}/scenes/{{source}}.csv", source=SOURCES),
        manifest=f"{DATA}/sources.json",
    output:
        out=report(
            f"{DATA}/scenes.csv", caption="../report/scenes.rst", category="Scenes"
        ),
    log:
        f"{RESULTS}/logs/split.log",
    conda:
        "../../environment.yml"
    params:
        **script("split.py", settings=CONFIG.split, seed=CONFIG.seed),
    shell:
        'python "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'
