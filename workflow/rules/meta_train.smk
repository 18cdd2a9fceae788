# Meta-training, one run per label source of the support set. The resumable state is no output, because Snakemake
# deletes the outputs of a job that was killed.


rule meta_train:
    input:
        scenes=TASKS,
        sources=f"{DATA}/sources.json",
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
        raw=RAW,
        kind=DATASET.kind,
        threads=CONFIG.threads,
        settings=lambda w: settings(CONFIG.meta.model_copy(update={"runs": [w.run]})),
        state=lambda w, output: Path(output.best).with_name("state.pt"),
    shell:
        '$LAUNCH "$SCRIPTS/train.py" --method metahdr --data {params.data} --sources {input.sources}'
        " --raw {params.raw} --kind {params.kind} --settings {params.settings:q} --seed {params.seed}"
        " --threads {params.threads} --code unknown --state {params.state} --model {output.best}"
        " --history {output.history} --log {log}"
