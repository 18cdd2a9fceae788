# Simulated HDR labels: HDR-CNN, trained on the training scenes alone, labels every exposure.


rule train_hdrcnn:
    input:
        scenes=TASKS,
    output:
        model=f"{DATA}/hdrcnn.pt",
        history=f"{DATA}/hdrcnn.csv",
    log:
        f"{RESULTS}/logs/train_hdrcnn.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_hdrcnn.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        seed=CONFIG.seed,
        data=data_folder,
        settings=settings(CONFIG.label),
        camera=settings(CONFIG.expose),
    shell:
        'python "$SCRIPTS/train_hdrcnn.py" --data {params.data} --settings {params.settings:q}'
        " --camera {params.camera:q} --seed {params.seed} --threads {threads} --model {output.model}"
        " --history {output.history} --log {log}"


rule label:
    input:
        scenes=TASKS,
        model=f"{DATA}/hdrcnn.pt",
    output:
        directory(f"{DATA}/labels"),
    log:
        f"{RESULTS}/logs/label.log",
    benchmark:
        f"{RESULTS}/benchmarks/label.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        data=data_folder,
    shell:
        'python "$SCRIPTS/label.py" --data {params.data} --model {input.model} --threads {threads}'
        " --labels {output} --log {log}"
