# Meta-training: section meta as it is (the variant metahdr) and its variants, each with every label source of the
# support set and every seed, in every fold. The resumable state is no output, because Snakemake deletes the outputs of
# a job that was killed.


rule meta_train:
    input:
        scenes=SCENES,
        sources=f"{DATA}/sources.json",
        labels=lambda w: label_folders([w.run]),
        weights=lambda w: CONFIG.variant(w.variant).weights,
    output:
        model=f"{TRAINING}/best.pt",
        last=f"{TRAINING}/last.pt",
        history=f"{TRAINING}/history.csv",
    log:
        f"{RESULTS}/logs/meta_train/fold{{fold}}/{{variant}}/{{run}}/seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/meta_train/fold{{fold}}/{{variant}}/{{run}}/seed{{seed}}.tsv"
    priority: rank_of_cost
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads * CONFIG.machine.processes
    resources:
        **needs("meta_train", processes=CONFIG.machine.processes * CONFIG.machine.slurm_tasks),
        **slurm_tasks(),
    params:
        **script(
            "train.py",
            lambda w: training_modules(CONFIG.variant(w.variant), [w.run]),
            method="metahdr",
            data=fold_folder,
            raw=RAW,
            kind=DATASET.kind,
            settings=lambda w: CONFIG.variant(w.variant).one(w.run, int(w.seed)),
            seed=lambda w: w.seed,
            threads=CONFIG.machine.threads,
            state=lambda w: f"{TRAINING.format(**w)}/state.pt",
        ),
    shell:
        RUN_TRAINING
