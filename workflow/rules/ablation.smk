# The run's variants of meta-training compared with section meta as it is. Not part of the default target:
# `snakemake --cores all ablation`; config/ablation.yaml has many variants.


rule ablation:
    input:
        # without variants nothing is made before the script says so
        scores=str(RUN.folder.scores) if CONFIG.meta.variants else [],
        benchmarks=[
            f"{BENCHMARKS}/meta_train/{training.path.relative_to(RUN.data)}.tsv"
            for training in (RUN.trainings if CONFIG.meta.variants else [])
        ],
    output:
        summary=f"{RUN.data}/ablation/summary.csv",
        page=f"{RUN.data}/ablation/ablation.md",
        figure=f"{RUN.data}/ablation/ablation.png",
    log:
        f"{LOGS}/ablation.log",
    benchmark:
        f"{BENCHMARKS}/ablation.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("ablation", tables=lambda input: input[:1]),
    params:
        **call("compare_variants.py", meta=CONFIG.meta, settings=CONFIG.score),
    shell:
        "python {params.call} --log {log:q}"
