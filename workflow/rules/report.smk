# The HTML report, and the provenance that lies beside the results.


rule report:
    input:
        scenes=TASKS,
        labels=label_folders(LABEL_SOURCES),
        label_models=[
            weight_file(*LABELLERS[s]) for s in LABEL_SOURCES if s in LABELLERS
        ],
        scores=f"{DATA}/scores.csv",
        summary=f"{DATA}/summary.csv",
        histories=expand(f"{DATA}/{{run}}/history.csv", run=CONFIG.meta.runs),
        predictions=expand(f"{DATA}/{{run}}/predictions", run=CONFIG.meta.runs),
    output:
        page=report(
            f"{RESULTS}/report/index.html",
            caption="../report/report.rst",
            category="Report",
        ),
        provenance=f"{DATA}/provenance.json",
        config=f"{DATA}/config.yaml",
    log:
        f"{RESULTS}/logs/report.log",
    conda:
        "../../environment.yml"
    params:
        data=data_folder,
        runs=CONFIG.meta.runs,
        config=CONFIG.model_dump_json(by_alias=True),
        register=CONFIG.data.register_file,
        dataset=DATASET.digest(),
        benchmarks=f"{RESULTS}/benchmarks",
    shell:
        'python "$SCRIPTS/report.py" --data {params.data} --runs {params.runs} --config {params.config:q}'
        " --label-models {input.label_models} --register {params.register} --benchmarks {params.benchmarks} --page {output.page}"
        " --provenance-file {output.provenance} --effective-config {output.config} --log {log}"
