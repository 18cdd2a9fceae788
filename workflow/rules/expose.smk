# The exposures of every scene.

EMOR = (
    f"{WEIGHTS}/{WEIGHT_FILES['emor'].name}" if CONFIG.expose.response == "emor" else []
)


rule expose:
    input:
        hdr=f"{DATA}/scenes/{{source}}.npy",
        own=f"{DATA}/own/{{source}}.npy",
        table=f"{DATA}/scenes/{{source}}.csv",
        emor=EMOR,
    output:
        exposures=f"{DATA}/exposures/{{source}}.npy",
        exposures_table=f"{DATA}/exposures/{{source}}.csv",
        curves=f"{DATA}/curves/{{source}}.npy",
    log:
        f"{RESULTS}/logs/expose/{{source}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/expose/{{source}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("expose"),
        one_by_one=1,  # in a group of jobs
    params:
        **script(
            "expose.py",
            settings=CONFIG.expose,
            seed=CONFIG.seed,
            place=lambda w: DATASET.places().get(w.source, w.source),
        ),
    shell:
        RUN_SCRIPT
