# The exposures of every scene, a chunk a job.


rule expose:
    input:
        retrieved=RUN.retrieved,
        hdr=RUN.scenes,
        own=RUN.own,
        table=RUN.scenes_table,
        emor=by_bytes(RUN.emor),
    output:
        exposures=directory(RUN.exposures),
        exposures_table=RUN.exposures_table,
        curves=directory(RUN.curves),
    log:
        f"{LOGS}/expose/{{chunk}}.log",
    benchmark:
        f"{BENCHMARKS}/expose/{{chunk}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **needs("expose"),
    params:
        **call("expose.py", settings=CONFIG.expose, seed=CONFIG.seed, reads=lambda w: RUN.emor),
    shell:
        "python {params.call} --log {log:q}"
