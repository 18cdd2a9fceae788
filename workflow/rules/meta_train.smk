# Meta-training, one run per label source of the support set. The resumable state is no output, because Snakemake
# deletes the outputs of a job that was killed.


rule meta_train:
    input:
        scenes=TASKS,
        labels=lambda w: label_folders([w.run]),
        weights=CONFIG.meta.weights,
    output:
        best=f"{DATA}/{{run}}/best.pt",
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
        seed=CONFIG.seed,
        data=data_folder,
        source=lambda w: w.run,
        threads=CONFIG.threads,
        settings=lambda w: settings(CONFIG.meta.model_copy(update={"runs": [w.run]})),
        state=lambda w, output: Path(output.best).with_name("state.pt"),
    shell:
        '$LAUNCH "$SCRIPTS/meta_train.py" --data {params.data} --source {params.source}'
        " --settings {params.settings:q} --seed {params.seed} --threads {params.threads} --state {params.state}"
        " --best {output.best} --last {output.last} --history {output.history} --log {log}"
