# Scenes of each source by itself, then the table of all scenes with the split.


rule prepare:
    input:
        lambda w: [f"{RAW}/{name}" for name in SOURCES[w.source].files],
    output:
        hdr=f"{DATA}/scenes/{{source}}.npy",
        own=f"{DATA}/scenes/{{source}}.own.npy",
        table=f"{DATA}/scenes/{{source}}.csv",
    log:
        f"{RESULTS}/logs/prepare/{{source}}.log",
    conda:
        "../../environment.yml"
    params:
        source=lambda w: json.dumps(vars(SOURCES[w.source])),
        settings=prepare_settings(),
        kind=DATASET.kind,
        folder=RAW,
    shell:
        'python "$SCRIPTS/prepare.py" --name {wildcards.source} --source {params.source:q} --kind {params.kind}'
        " --settings {params.settings:q} --folder {params.folder} --hdr {output.hdr} --own {output.own}"
        " --table {output.table} --log {log}"


rule split:
    input:
        expand(f"{DATA}/scenes/{{source}}.csv", source=SOURCES),
    output:
        report(f"{DATA}/scenes.csv", caption="../report/scenes.rst", category="Scenes"),
    log:
        f"{RESULTS}/logs/split.log",
    conda:
        "../../environment.yml"
    params:
        seed=CONFIG.seed,
        settings=settings(CONFIG.split),
    shell:
        'python "$SCRIPTS/split.py" --tables {input} --settings {params.settings:q} --seed {params.seed}'
        " --out {output} --log {log}"
