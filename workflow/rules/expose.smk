# The exposures of every scene.


rule expose:
    input:
        hdr=f"{DATA}/scenes/{{source}}.npy",
        own=f"{DATA}/scenes/{{source}}.own.npy",
        table=f"{DATA}/scenes/{{source}}.csv",
    output:
        exposures=f"{DATA}/exposures/{{source}}.npy",
        table=f"{DATA}/exposures/{{source}}.csv",
    log:
        f"{RESULTS}/logs/expose/{{source}}.log",
    conda:
        "../../environment.yml"
    params:
        seed=CONFIG.seed,
        settings=settings(CONFIG.expose),
    shell:
        'python "$SCRIPTS/expose.py" --hdr {input.hdr} --own {input.own} --table {input.table}'
        " --settings {params.settings:q} --seed {params.seed} --exposures {output.exposures}"
        " --exposures-table {output.table} --log {log}"


# What every later stage reads: all scenes, their exposures, the split.
TASKS = [
    f"{DATA}/scenes.csv",
    *expand(f"{DATA}/scenes/{{source}}.npy", source=SOURCES),
    *expand(
        f"{DATA}/exposures/{{source}}.{{suffix}}", source=SOURCES, suffix=["npy", "csv"]
    ),
]
