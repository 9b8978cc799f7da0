# Scores -> estimates: one job per plan entry, then the correction within families.


rule estimate:
    input:
        f"{DERIVED}/measurements.parquet",
        f"{DERIVED}/careless.parquet",
        lambda wildcards: flow.score_files(wildcards.entry),
        flow.links(),
    output:
        multiext(
            f"{DERIVED}/estimates/{{entry}}",
            ".csv",
            ".components.csv",
            ".sensitivity.csv",
            ".fit.json",
        ),
    log:
        f"{LOGS}/estimate.{{entry}}.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=lambda wildcards: flow.slice_entry(wildcards.entry),
        code=flow.code("effects", "multilevel"),
    shell:
        "python3 -m dww_analysis --study {params.study} stage estimate {wildcards.entry} > {log} 2>&1"


rule families:
    input:
        expand(
            f"{DERIVED}/estimates/{{entry}}{{part}}",
            entry=flow.entries,
            part=[".csv", ".components.csv", ".sensitivity.csv"],
        ),
    output:
        f"{DERIVED}/estimates.csv",
        f"{DERIVED}/variance_components.csv",
        f"{DERIVED}/sensitivity.csv",
    log:
        f"{LOGS}/families.plan.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=flow.slice_families(),
        code=flow.code("effects"),
    shell:
        "python3 -m dww_analysis --study {params.study} stage families plan > {log} 2>&1"
