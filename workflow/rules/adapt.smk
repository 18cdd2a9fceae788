# Test-time adaptation of every test scene.


rule adapt:
    input:
        scenes=TASKS,
        labels=label_folders(LABEL_SOURCES),
        model=f"{DATA}/{{run}}/best.pt",
        weights=CONFIG.meta.weights,
    output:
        predictions=directory(f"{DATA}/{{run}}/predictions"),
    log:
        f"{RESULTS}/logs/adapt/{{run}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/adapt_{{run}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        **script("adapt.py", data=DATA, sources=LABEL_SOURCES, threads=CONFIG.threads),
    shell:
        'python "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'
