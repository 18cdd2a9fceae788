# The exposures of every scene, a chunk a job.

EMOR = (
    f"{WEIGHTS}/{WEIGHT_FILES['emor'].name}" if CONFIG.expose.response == "emor" else []
)


rule expose:
    input:
        retrieved=f"{DATA}/retrieved/{{chunk}}.json",
        hdr=f"{DATA}/scenes/{{chunk}}",
        own=f"{DATA}/own/{{chunk}}",
        table=f"{DATA}/scenes/{{chunk}}.csv",
        emor=EMOR,
    output:
        exposures=directory(f"{DATA}/exposures/{{chunk}}"),
        exposures_table=f"{DATA}/exposures/{{chunk}}.csv",
        curves=directory(f"{DATA}/curves/{{chunk}}"),
    log:
        f"{RESULTS}/logs/expose/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/expose/{{chunk}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("expose"),
    params:
        **script(
            "expose.py",
            settings=CONFIG.expose,
            seed=CONFIG.seed,
        ),
    shell:
        RUN_SCRIPT
