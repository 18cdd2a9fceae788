# The shipped radiance network: trained by `train_method`, beside it the part that proposes a response, then the prior
# of its adaptation. Not part of the default run: `snakemake --cores all radiance --configfile config/radiance.yaml`.


rule train_response:
    input:
        sources=f"{DATA}/sources.json",
        scenes=f"{DATA}/fold0/scenes.csv",
        files=RETRIEVED,
    output:
        model=f"{DATA}/radiance/response.safetensors",
        history=f"{DATA}/radiance/response.csv",
    log:
        f"{RESULTS}/logs/train_response.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_response.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("train_response"),
    params:
        **script(
            "train_response.py",
            [LAYOUTS.module(DATASET.kind)],
            data=f"{DATA}/fold0",
            raw=RAW,
            kind=DATASET.kind,
            settings=CONFIG.radiance,
            seed=CONFIG.seed,
            threads=CONFIG.machine.threads,
            state=f"{DATA}/radiance/response.state.pt",
        ),
    shell:
        RUN_ON_GPU


rule learn_prior:
    input:
        network=f"{DATA}/fold0/radiance.safetensors",
        response=f"{DATA}/radiance/response.safetensors",
        sources=f"{DATA}/sources.json",
        files=RETRIEVED,
    output:
        model=f"{DATA}/radiance/radiance.safetensors",
        history=f"{DATA}/radiance/prior.csv",
    log:
        f"{RESULTS}/logs/learn_prior.log",
    benchmark:
        f"{RESULTS}/benchmarks/learn_prior.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("learn_prior"),
    params:
        **script("learn_prior.py", raw=RAW, seed=CONFIG.seed, threads=CONFIG.machine.threads),
    shell:
        RUN_SCRIPT


rule radiance:
    input:
        rules.learn_prior.output,
