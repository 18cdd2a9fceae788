# The radiance network beside other methods, on places that none was trained on, by every bar that it is held to:
# docs/hdr.md. Not part of the default run: `snakemake --cores all hdr --configfile config/hdr.yaml`.

HDR = f"{DATA}/{CONFIG.hdr.split}"
# Oracles are told their scene, and methods of a stack or of labels have no place in it.
JUDGED = list(
    dict.fromkeys([CONFIG.hdr.ours, CONFIG.hdr.bracket, "debevec_all", *SCORED])
)
JUDGED_WEIGHTS = {
    name: file for name in JUDGED if isinstance(file := weight_file(name, 0), str)
}
SHOWN = list(dict.fromkeys([*(n for n in ("hdrcnn",) if n in JUDGED), CONFIG.hdr.ours]))


rule hdr_score:
    input:
        scenes=expand(SCENES, fold=0),
        files=JUDGED_WEIGHTS.values(),
    output:
        scores=f"{HDR}/scores.csv",
    log:
        f"{RESULTS}/logs/hdr_score.log",
    benchmark:
        f"{RESULTS}/benchmarks/hdr_score.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("hdr_score"),
    params:
        **script(
            "hdr_score.py",
            map(METHODS.module, JUDGED),
            data=f"{DATA}/fold0",
            register=CONFIG.data.register_file,
            methods=SCORED,
            weights=JUDGED_WEIGHTS,
            settings=CONFIG.hdr,
            photometry=CONFIG.score.photometry,
            threads=CONFIG.machine.threads,
        ),
        places=PLACES,  # for the check that nothing was trained on test places
    shell:
        RUN_SCRIPT


rule hdr_tables:
    input:
        scores=f"{HDR}/scores.csv",
    output:
        summary=f"{HDR}/summary.csv",
        table=f"{HDR}/tables.md",
        bars=f"{HDR}/bars.md",
    log:
        f"{RESULTS}/logs/hdr_tables.log",
    benchmark:
        f"{RESULTS}/benchmarks/hdr_tables.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("hdr_tables"),
    params:
        **script(
            "hdr_tables.py",
            map(METHODS.module, JUDGED),
            settings=CONFIG.hdr,
            confidence=CONFIG.score.confidence,
        ),
    shell:
        RUN_SCRIPT


rule hdr_pictures:
    input:
        scenes=expand(SCENES, fold=0),
        files=[JUDGED_WEIGHTS[name] for name in SHOWN if name in JUDGED_WEIGHTS],
        scores=f"{HDR}/scores.csv",
    output:
        twenty=f"{HDR}/twenty.png",
        eight=f"{HDR}/hdr.png",
    log:
        f"{RESULTS}/logs/hdr_pictures.log",
    benchmark:
        f"{RESULTS}/benchmarks/hdr_pictures.tsv"
    conda:
        "../../environment.yml"
    threads: CONFIG.machine.threads
    resources:
        **needs("hdr_pictures"),
    params:
        **script(
            "hdr_pictures.py",
            map(METHODS.module, SHOWN),
            data=f"{DATA}/fold0",
            methods=SHOWN,
            weights={k: v for k, v in JUDGED_WEIGHTS.items() if k in SHOWN},
            settings=CONFIG.hdr,
            threads=CONFIG.machine.threads,
        ),
    shell:
        RUN_SCRIPT


rule hdr:
    input:
        rules.hdr_score.output,
        rules.hdr_tables.output,
        rules.hdr_pictures.output,
