# Measurements -> scores of each scale, and how well each was measured.


rule score:
    input:
        f"{DERIVED}/measurements.parquet",
        f"{DERIVED}/missing.parquet",
    output:
        f"{DERIVED}/scores/{{scale}}.parquet",
    log:
        f"{LOGS}/score.{{scale}}.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=lambda wildcards: flow.slice_scale(wildcards.scale),
        code=flow.code_files(
            "scales/scale_scores.py",
            "scales/scoring.py",
            "scales/keys.py",
            "scales/key_schema.py",
        ),
    shell:
        "python3 -m dww_analysis --study {params.study} stage score {wildcards.scale} > {log} 2>&1"


rule analyse:
    input:
        f"{DERIVED}/measurements.parquet",
        f"{DERIVED}/scores/{{scale}}.parquet",
    output:
        multiext(
            f"{DERIVED}/measurement/{{scale}}/",
            *[f"{table}.csv" for table in flow.measurement_tables],
        ),
    log:
        f"{LOGS}/analyse.{{scale}}.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=lambda wildcards: flow.slice_measurement(wildcards.scale),
        code=flow.code("scales", "factor"),
    shell:
        "python3 -m dww_analysis --study {params.study} stage analyse {wildcards.scale} > {log} 2>&1"


rule careless:
    input:
        f"{DERIVED}/measurements.parquet",
    output:
        f"{DERIVED}/careless.parquet",
    log:
        f"{LOGS}/careless.study.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=flow.slice_careless(),
        code=flow.code_files("scales/careless.py", "cli/stages/scales.py"),
    shell:
        "python3 -m dww_analysis --study {params.study} stage careless study > {log} 2>&1"
