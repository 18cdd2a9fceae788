# The HTML report, and the provenance that lies beside the results.

STAGES = ["prepare", "split", "expose", "label", "meta_train", "adapt", "score"]
if "train" in NETWORKS.values():
    STAGES.append("train_hdrcnn")


rule report:
    input:
        scenes=TASKS,
        labels=label_folders(LABEL_SOURCES),
        label_models=[LABEL_MODELS[NETWORKS[s]] for s in LABEL_SOURCES if s in NETWORKS],
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
        provenance_file=f"{DATA}/provenance.json",
        effective_config=f"{DATA}/config.yaml",
    log:
        f"{RESULTS}/logs/report.log",
    conda:
        "../../environment.yml"
    params:
        **script(
            "report.py",
            data=DATA,
            runs=CONFIG.meta.runs,
            config=CONFIG,
            stages={stage: getattr(rules, stage).params.code for stage in STAGES},
            register=CONFIG.data.register_file,
            benchmarks=f"{RESULTS}/benchmarks",
        ),
        dataset=DATASET.digest(),
    shell:
        'python "$SCRIPTS/{params.script}" {params.flags} --log {log:q}'
