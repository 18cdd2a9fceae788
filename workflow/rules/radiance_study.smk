# The radiance network beside other methods, on places that none was trained on, by every criterion that it is
# held to: docs/hdr.md. Not part of the default run: `make radiance_study`.

STUDY = f"{RUN.data}/{CONFIG.radiance_study.split}"


rule radiance_scores:
    input:
        scenes=expand(RUN.all_scenes, fold=0),
        files=RUN.judged.values(),
    output:
        scores=f"{STUDY}/scores.csv",
    log:
        f"{LOGS}/radiance_scores.log",
    benchmark:
        f"{BENCHMARKS}/radiance_scores.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("radiance_scores"),
    params:
        **call(
            "radiance_scores.py",
            data=f"{RUN.data}/fold0",
            register=CONFIG.data.register_file,
            methods=list(RUN.judged),
            weights={k: v for k, v in RUN.judged.items() if v},
            settings=CONFIG.radiance_study,
            photometry=CONFIG.score.photometry,
            threads=CONFIG.machine.threads,
        ),
        places=RUN.places,  # for the check that nothing was trained on test places
    shell:
        "python {params.call} --log {log:q}"


rule radiance_page:
    input:
        scenes=expand(RUN.all_scenes, fold=0),
        files=RUN.pictured.values(),
        scores=f"{STUDY}/scores.csv",
    output:
        summary=f"{STUDY}/summary.csv",
        table=f"{STUDY}/tables.md",
        criteria=f"{STUDY}/criteria.md",
        twenty=f"{STUDY}/twenty.svg",
        eight=f"{STUDY}/eight.svg",
    log:
        f"{LOGS}/radiance_page.log",
    benchmark:
        f"{BENCHMARKS}/radiance_page.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("radiance_page"),
    params:
        **call(
            "radiance_page.py",
            data=f"{RUN.data}/fold0",
            methods=list(RUN.judged),
            weights={k: v for k, v in RUN.pictured.items() if v},
            settings=CONFIG.radiance_study,
            confidence=CONFIG.score.confidence,
            threads=CONFIG.machine.threads,
        ),
    shell:
        "python {params.call} --log {log:q}"


rule radiance_study:
    input:
        rules.radiance_scores.output,
        rules.radiance_page.output,
