# Variants of meta-training (arms) beside one another, each with the same seeds, on the scenes and labels of the run.
# Not part of the default run: `snakemake --cores all ablation --configfile config/ablation.yaml`.

ARM = f"{DATA}/ablation/{{arm}}/seed{{seed}}"
ARMS = {
    "arm": list(CONFIG.ablation.arms),
    "seed": CONFIG.ablation.seeds,
}


use rule meta_train as ablate_train with:
    input:
        scenes=TASKS,
        labels=label_folders([CONFIG.ablation.labels]),
        weights=lambda w: CONFIG.arm(w.arm).weights,
    output:
        best=f"{ARM}/best.pt",
        last=f"{ARM}/last.pt",
        history=f"{ARM}/history.csv",
    log:
        f"{RESULTS}/logs/ablation/{{arm}}_seed{{seed}}.log",
    benchmark:
        f"{ARM}/benchmark.tsv"
    params:
        seed=lambda w: w.seed,
        source=CONFIG.ablation.labels,
        settings=lambda w: settings(CONFIG.arm(w.arm)),


rule ablate_score:
    input:
        scenes=TASKS,
        labels=label_folders([CONFIG.ablation.labels]),
        weights=lambda w: CONFIG.arm(w.arm).weights,
        model=f"{ARM}/best.pt",
    output:
        f"{ARM}/scores.csv",
    log:
        f"{RESULTS}/logs/ablation/{{arm}}_seed{{seed}}_score.log",
    conda:
        "../../environment.yml"
    threads: CONFIG.threads
    params:
        data=data_folder,
        source=CONFIG.ablation.labels,
        names=CONFIG.score.metric_names(),
    shell:
        'python "$SCRIPTS/ablate_score.py" --data {params.data} --model {input.model} --arm {wildcards.arm}'
        " --seed {wildcards.seed} --label-source {params.source} --names {params.names} --threads {threads} --scores {output} --log {log}"


rule ablate_compare:
    input:
        runs=expand(f"{ARM}/scores.csv", **ARMS),
        benchmarks=expand(f"{ARM}/benchmark.tsv", **ARMS),
    output:
        scores=f"{DATA}/ablation/scores.csv",
        summary=f"{DATA}/ablation/summary.csv",
        page=f"{DATA}/ablation/ablation.md",
        figure=f"{DATA}/ablation/ablation.png",
    log:
        f"{RESULTS}/logs/ablation/compare.log",
    conda:
        "../../environment.yml"
    params:
        seed=CONFIG.seed,
        ablation=settings(CONFIG.ablation),
        arms=json.dumps({arm: CONFIG.arm(arm).model_dump() for arm in ARMS["arm"]}),
        settings=settings(CONFIG.score),
    shell:
        'python "$SCRIPTS/ablate_compare.py" --ablation {params.ablation:q} --arms {params.arms:q}'
        " --settings {params.settings:q} --seed {params.seed} --runs {input.runs} --benchmarks {input.benchmarks}"
        " --scores {output.scores} --summary {output.summary} --page {output.page} --figure {output.figure} --log {log}"


rule ablation:
    input:
        rules.ablate_compare.output,
