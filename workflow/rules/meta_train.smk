# Meta-training: section meta as it is (the variant metahdr) and its variants, each with every label source of the
# support set and every seed, in every fold. The resumable state is no output, because Snakemake deletes the outputs of
# a job that was killed.


# By itself: `snakemake check_networks`, as `make publish` does.
rule check_networks:
    input:
        networks=RUN.networks,
    log:
        f"{LOGS}/check_networks.log",
    conda:
        "../../environment.yml"
    params:
        **call("check_networks.py", asked=lambda w: asked()),
    shell:
        "python {params.call} --log {log:q}"


rule meta_train:
    input:
        scenes=RUN.all_scenes,
        sources=RUN.manifest,
        labels=lambda w: RUN.labels([w.label_source], w.fold),
        weights=lambda w: by_bytes(RUN.read_by(w.variant)),
    output:
        # kept until they are replaced: a training that finds what it would make has nothing to do
        model=update(f"{RUN.training}/best.pt"),
        last=update(f"{RUN.training}/last.pt"),
        history=update(f"{RUN.training}/history.csv"),
    log:
        f"{LOGS}/meta_train/fold{{fold}}/{{variant}}/{{label_source}}/seed{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/meta_train/fold{{fold}}/{{variant}}/{{label_source}}/seed{{seed}}.tsv"
    priority: lambda w: RUN.rank_of_cost(w.variant)
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads * CONFIG.machine.processes
    resources:
        **needs("meta_train", processes=CONFIG.machine.processes * CONFIG.machine.slurm_tasks),
        **slurm_tasks(),
    params:
        **call(
            "train.py",
            method="metahdr",
            data=lambda w: RUN.fold.format(**w),
            raw=RUN.raw,
            kind=RUN.dataset.kind,
            settings=lambda w: CONFIG.variant(w.variant).one(w.label_source, int(w.seed)),
            seed=lambda w: w.seed,
            threads=CONFIG.machine.threads,
            state=lambda w: f"{RUN.training.format(**w)}/state.pt",
            reads=lambda w: RUN.read_by(w.variant),
        ),
    shell:
        "METAHDR_GPUS={resources.gpu} $LAUNCH {params.call} --log {log:q}"
