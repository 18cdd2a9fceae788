# A trained HDR-CNN beside ExpandNet and beside no reconstruction, on scenes it never saw. Not part of the default
# run: `make labels_study` trains and judges the shipped model.


rule labels_study:
    input:
        scenes=expand(RUN.all_scenes, fold=0),
        model=f"{RUN.data}/fold0/hdrcnn.safetensors",
        expandnet=RUN.weight_file("expandnet", 0),
    output:
        scores=f"{RUN.data}/labels_study/scores.csv",
        summary=f"{RUN.data}/labels_study/summary.csv",
        figure=f"{RUN.data}/labels_study/labels.svg",
        card=f"{RUN.data}/labels_study/card.md",
    log:
        f"{LOGS}/labels_study.log",
    benchmark:
        f"{BENCHMARKS}/labels_study.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("labels_study"),
    params:
        **call(
            "labels_study.py",
            data=f"{RUN.data}/fold0",
            register=CONFIG.data.register_file,
            settings=CONFIG.score,
            figure_ev=max(CONFIG.expose.evs),
        ),
    shell:
        "python {params.call} --log {log:q}"
