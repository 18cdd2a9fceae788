# Test-time adaptation of every test scene.


rule adapt:
    input:
        scenes=TASKS,
        labels=label_folders(LABEL_SOURCES),
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
        sources=LABEL_SOURCES,
    shell:
        'python "$SCRIPTS/adapt.py" --data {params.data} --sources {params.sources} --model {input.model}'
        " --threads {threads} --predictions {output} --log {log}"
