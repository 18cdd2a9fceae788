# The shipped radiance network: jointly trained by `train_method`, then the prior of its adaptation. Not part of the
# default run: `snakemake --cores all radiance --configfile config/radiance.yaml`.


rule learn_prior:
    input:
        network=f"{DATA}/fold0/radiance.safetensors",
        sources=f"{DATA}/sources.json",
        files=[f"{RAW}/{source.hdr}" for source in SOURCES.values()],
    output:
        model=f"{DATA}/radiance/radiance.safetensors",
        history=f"{DATA}/radiance/prior.csv",
    log:
        f"{RESULTS}/logs/learn_prior.log",
    benchmark:
        f"{RESULTS}/benchmarks/learn_prior.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        **script("learn_prior.py", raw=RAW, seed=CONFIG.seed, threads=CONFIG.threads),
    shell:
        RUN_SCRIPT


rule radiance:
    input:
        rules.learn_prior.output,
