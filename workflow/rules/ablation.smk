# Variants of meta-training (arms) beside one another, each with the same seeds, on the scenes and labels of the run.
# In fold 0. Not part of the default run: `snakemake --cores all ablation --configfile config/ablation.yaml`.

ARM = f"{DATA}/ablation/{{arm}}/seed{{seed}}"
ARMS = {
    "arm": list(CONFIG.ablation.arms),
    "seed": CONFIG.ablation.seeds,
}


use rule meta_train as ablate_train with:
    input:
        scenes=expand(SCENES, fold=0),
        sources=f"{DATA}/sources.json",
        labels=label_folders([CONFIG.ablation.labels], 0),
        weights=lambda w: CONFIG.arm(w.arm).weights,
    output:
        model=f"{ARM}/best.pt",
        last=f"{ARM}/last.pt",
        history=f"{ARM}/history.csv",
    log:
        f"{RESULTS}/logs/ablation/{{arm}}_seed{{seed}}.log",
    benchmark:
        f"{ARM}/benchmark.tsv"
    priority: 10
    params:
        **script(
            "train.py",
            lambda w: training_modules(CONFIG.arm(w.arm), [CONFIG.ablation.labels]),
            method="metahdr",
            data=f"{DATA}/fold0",
            raw=RAW,
            kind=DATASET.kind,
            settings=lambda w: CONFIG.arm(w.arm).one(
                CONFIG.ablation.labels, int(w.seed)
            ),
            seed=lambda w: w.seed,
            threads=CONFIG.machine.threads,
            state=lambda w: f"{DATA}/ablation/{w.arm}/seed{w.seed}/state.pt",
        ),


rule ablate_score:
    input:
        scenes=expand(SCENES, fold=0),
        labels=label_folders([CONFIG.ablation.labels], 0),
        networks=lambda w: CONFIG.arm(w.arm).weights,
        metrics=METRIC_WEIGHTS.values(),
        model=f"{ARM}/best.pt",
    output:
        scores=f"{ARM}/scores.csv",
    log:
        f"{RESULTS}/logs/ablation/{{arm}}_seed{{seed}}_score.log",
    benchmark:
        f"{RESULTS}/benchmarks/ablate_score/{{arm}}/seed{{seed}}.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("ablate_score"),
    params:
        **script(
            "ablate_score.py",
            lambda w: [
                *training_modules(CONFIG.arm(w.arm), [CONFIG.ablation.labels]),
                *map(METRICS.module, CONFIG.score.metric_names()),
            ],
            data=f"{DATA}/fold0",
            arm=lambda w: w.arm,
            seed=lambda w: w.seed,
            label_source=CONFIG.ablation.labels,
            names=CONFIG.score.metric_names(),
            settings=MEASURING,
            weights=METRIC_WEIGHTS,
            threads=CONFIG.machine.threads,
        ),
    shell:
        RUN_ON_GPU


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
    benchmark:
        f"{RESULTS}/benchmarks/ablate_compare.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("ablate_compare"),
    params:
        **script(
            "ablate_compare.py",
            map(METRICS.module, CONFIG.score.metric_names()),
            ablation=CONFIG.ablation,
            arms={arm: CONFIG.arm(arm).model_dump() for arm in ARMS["arm"]},
            settings=CONFIG.score,
        ),
    shell:
        RUN_SCRIPT


rule ablation:
    input:
        rules.ablate_compare.output,
