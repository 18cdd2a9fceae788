# Every test scene reconstructed, without adaptation and adapted to its other exposures.


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
        'python "$SCRIPTS/reconstruct.py" --method metahdr --weights {input.model} --data {params.data}'
        " --label-sources {params.sources} --threads {threads} --predictions {output} --log {log}"
