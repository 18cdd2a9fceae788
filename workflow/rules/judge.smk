# A trained HDR-CNN beside ExpandNet and beside no reconstruction, on scenes it never saw. Not part of the default
# run: `snakemake --cores all hdrcnn --configfile config/hdrcnn.yaml` trains and judges the shipped model.


rule judge_hdrcnn:
    input:
        scenes=expand(SCENES, fold=0),
        model=f"{DATA}/fold0/hdrcnn.safetensors",
        expandnet=weight_file("expandnet", 0),
    output:
        scores=f"{DATA}/hdrcnn/scores.csv",
        summary=f"{DATA}/hdrcnn/summary.csv",
        figure=f"{DATA}/hdrcnn/labels.png",
        card=f"{DATA}/hdrcnn/card.md",
    log:
        f"{RESULTS}/logs/judge_hdrcnn.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge_hdrcnn.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("judge_hdrcnn"),
    params:
        **script(
            "judge_hdrcnn.py",
            data=f"{DATA}/fold0",
            register=CONFIG.data.register_file,
            settings=CONFIG.score,
            figure_ev=max(CONFIG.expose.evs),
        ),
    shell:
        RUN_SCRIPT


rule hdrcnn:
    input:
        rules.judge_hdrcnn.output,
