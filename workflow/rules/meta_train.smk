# Meta-training, one run per label source of the support set. The resumable state is no output, because Snakemake
# deletes the outputs of a job that was killed.


rule meta_train:
    input:
        scenes=TASKS,
        labels=lambda w: label_folder(w.run),
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
    threads: CONFIG.threads
    params:
        seed=CONFIG.seed,
        data=data_folder,
        settings=settings(CONFIG.meta),
        labels=lambda w, input: f"--labels {input.labels}" if input.labels else "",
        state=lambda w, output: Path(output.best).with_name("state.pt"),
    shell:
        'python "$SCRIPTS/meta_train.py" --data {params.data} --settings {params.settings:q} --seed {params.seed}'
        " --threads {threads} --state {params.state} --best {output.best} --last {output.last}"
        " --history {output.history} {params.labels} --log {log}"
