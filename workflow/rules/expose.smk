# The exposures of every scene.


rule expose:
    input:
        hdr=f"{DATA}/scenes/{{source}}.npy",
        own=f"{DATA}/own/{{source}}.npy",
        table=f"{DATA}/scenes/{{source}}.csv",
    output:
        exposures=f"{DATA}/exposures/{{source}}.npy",
        exposures_table=f"{DATA}/exposures/{{source}}.csv",
    log:
        f"{RESULTS}/logs/expose/{{source}}.log",
    conda:
        "../../environment.yml"
    params:
        **script("expose.py", settings=CONFIG.expose, seed=CONFIG.seed),
    shell:
        RUN_SCRIPT
