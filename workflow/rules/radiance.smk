# The shipped radiance network: trained by `train_method`, then the part that proposes a response by itself.
# Not part of the default run: `snakemake --cores all train_response --configfile config/radiance.yaml`.


rule train_response:
    input:
        network=f"{RUN.data}/fold0/radiance.safetensors",
        sources=RUN.manifest,
        scenes=f"{RUN.data}/fold0/scenes.csv",
        files=RUN.of_chunks(RUN.retrieved),
    output:
        model=f"{RUN.data}/radiance/radiance.safetensors",
        history=f"{RUN.data}/radiance/response.csv",
    log:
        f"{LOGS}/train_response.log",
    benchmark:
        f"{BENCHMARKS}/train_response.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("train_response"),
    params:
        **call(
            "train_response.py",
            data=f"{RUN.data}/fold0",
            raw=RUN.raw,
            kind=RUN.dataset.kind,
            settings=CONFIG.training_of("radiance"),
            seed=CONFIG.seed,
            threads=CONFIG.machine.threads,
            state=f"{RUN.data}/radiance/response.state.pt",
        ),
    shell:
        "METAHDR_GPUS={resources.gpu} python {params.call} --log {log:q}"
