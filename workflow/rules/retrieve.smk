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


rule retrieve_weights:
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
            file=lambda w: RUN.weight_entry(w.file),
            archives=RUN.wheels,
            mirror=RUN.mirror,
        ),
    shell:
        "python {params.call} --log {log:q}"
