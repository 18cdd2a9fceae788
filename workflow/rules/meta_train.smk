# Meta-training, one run per label source of the support set. The resumable state is no output, because Snakemake
# deletes the outputs of a job that was killed.


rule meta_train:
    input:
        scenes=SCENES,
        sources=f"{DATA}/sources.json",
        labels=lambda w: label_folders([w.run]),
        weights=CONFIG.meta.weights,
    output:
        model=f"{DATA}/{{run}}/best.pt",
        last=f"{DATA}/{{run}}/last.pt",
        history=f"{DATA}/{{run}}/history.csv",
    log:
        f"{RESULTS}/logs/meta_train/{{run}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/meta_train_{{run}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads * CONFIG.processes
    params:
        **script(
            "train.py",
            lambda w: training_modules(CONFIG.meta, [w.run]),
            method="metahdr",
            data=DATA,
            raw=RAW,
            kind=DATASET.kind,
            settings=lambda w: run_settings(CONFIG.meta, w.run),
            seed=CONFIG.seed,
            threads=CONFIG.threads,
            state=lambda w: f"{DATA}/{w.run}/state.pt",
        ),
    shell:
        '$LAUNCH "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'
