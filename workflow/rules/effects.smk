# Scores -> estimates: one job per plan entry, then the correction within families.


rule estimate:
    input:
        f"{DERIVED}/measurements.parquet",
        lambda wildcards: flow.score_files(wildcards.entry),
    output:
        multiext(
            f"{DERIVED}/estimates/{{entry}}", ".csv", ".components.csv", ".fit.json"
        ),
    log:
        f"{LOGS}/estimate.{{entry}}.log",
    params:
        config=lambda wildcards: flow.slice_entry(wildcards.entry),
        code=flow.code("effects", "multilevel"),
    shell:
        "{flow.command} estimate {wildcards.entry} > {log} 2>&1"


rule families:
    input:
        expand(
            f"{DERIVED}/estimates/{{entry}}{{part}}",
            entry=flow.entries,
            part=[".csv", ".components.csv"],
        ),
    output:
        f"{DERIVED}/estimates.csv",
        f"{DERIVED}/variance_components.csv",
    log:
        f"{LOGS}/families.plan.log",
    params:
        config=flow.slice_families(),
        code=flow.code("effects"),
    shell:
        "{flow.command} families plan > {log} 2>&1"
