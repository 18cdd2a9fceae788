# A trained HDR-CNN beside ExpandNet and beside no reconstruction, on scenes it never saw. Not part of the default
# run: `snakemake --cores all hdrcnn --configfile config/hdrcnn.yaml` trains and judges the shipped model.


rule judge_hdrcnn:
    input:
        scenes=TASKS,
        model=weight_file("hdrcnn", "train"),
        expandnet=weight_file("expandnet"),
    output:
        scores=f"{DATA}/hdrcnn/scores.csv",
        summary=f"{DATA}/hdrcnn/summary.csv",
        figure=f"{DATA}/hdrcnn/labels.png",
        card=f"{DATA}/hdrcnn/card.md",
    log:
        f"{RESULTS}/logs/judge_hdrcnn.log",
    conda:
        "../../environment.yml"
    params:
        seed=CONFIG.seed,
        data=data_folder,
        settings=settings(CONFIG.score),
        figure_ev=max(CONFIG.expose.evs),
    shell:
        'python "$SCRIPTS/judge_hdrcnn.py" --data {params.data} --model {input.model} --expandnet {input.expandnet}'
        " --settings {params.settings:q} --seed {params.seed} --figure-ev {params.figure_ev}"
        " --scores {output.scores} --summary {output.summary} --figure {output.figure} --card {output.card} --log {log}"


rule hdrcnn:
    input:
        rules.judge_hdrcnn.output,
