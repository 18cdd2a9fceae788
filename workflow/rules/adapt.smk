# Test-time adaptation of every test scene.


rule adapt:
    input:
        scenes=TASKS,
        labels=f"{DATA}/labels",
        model=f"{DATA}/{{run}}/best.pt",
        weights=CONFIG.meta.weights,
    output:
        directory(f"{DATA}/{{run}}/predictions"),
    log:
        f"{RESULTS}/logs/adapt/{{run}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/adapt_{{run}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        data=data_folder,
    shell:
        'python "$SCRIPTS/adapt.py" --data {params.data} --labels {input.labels} --model {input.model}'
        " --threads {threads} --predictions {output} --log {log}"
