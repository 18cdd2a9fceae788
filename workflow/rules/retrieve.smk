# Raw files, verified against the register: a job for each chunk writes down those of its sources. No rule knows the
# files themselves, so that ten thousand make no plan longer. Changed code fetches nothing again, because a file with the
# registered SHA-256 is the right one.


rule retrieve:
    output:
        out=RUN.retrieved,
    log:
        f"{LOGS}/retrieve/{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/retrieve/{{chunk}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("retrieve"),
    params:
        **call(
            "retrieve.py",
            follows_code=False,
            register=CONFIG.data.register_file,
            dataset=CONFIG.data.dataset,
            size=CONFIG.machine.chunk,
            chunk=lambda w: w.chunk,
            folder=RUN.raw,
            wheels=RUN.wheels,
            mirror=RUN.mirror,
        ),
        sources=lambda w: RUN.sources_of(w.chunk),
    shell:
        "python {params.call} --log {log:q}"


rule fetch_sdist:
    output:
        archive=f"{RUN.wheels}/{{sdist}}.tar.gz",
    log:
        f"{LOGS}/fetch_sdist/{{sdist}}.log",
    benchmark:
        f"{BENCHMARKS}/fetch_sdist/{{sdist}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("fetch_sdist"),
    params:
        **call("fetch_sdist.py", follows_code=False, sdist=lambda w: RUN.sdists[f"{w.sdist}.tar.gz"]),
    shell:
        "python {params.call} --log {log:q}"


rule retrieve_weights:
    input:
        lambda w: RUN.sdist_of(RUN.weight_entry(w.file)),
    output:
        out=f"{RUN.weights}/{{file}}",
    log:
        f"{LOGS}/retrieve/{{file}}.log",
    benchmark:
        f"{BENCHMARKS}/retrieve_weights/{{file}}.tsv"
    wildcard_constraints:
        file="|".join(re.escape(entry.name) for entry in RUN.weight_files.values()),
    conda:
        "../../environment.yml"
    resources:
        **needs("retrieve_weights"),
    params:
        **call(
            "retrieve_weights.py",
            follows_code=False,
            file=lambda w: RUN.weight_entry(w.file).without_prose(),
            archives=RUN.wheels,
            mirror=RUN.mirror,
        ),
    shell:
        "python {params.call} --log {log:q}"
