# Tables made safe to show -> figures -> the report.


rule describe:
    input:
        f"{DERIVED}/measurements.parquet",
        f"{DERIVED}/missing.parquet",
        f"{DERIVED}/estimates.csv",
        f"{DERIVED}/variance_components.csv",
        f"{DERIVED}/sensitivity.csv",
        f"{DERIVED}/careless.parquet",
        f"{DERIVED}/flow.csv",
        expand(f"{DERIVED}/scores/{{scale}}.parquet", scale=flow.scales),
        expand(
            f"{DERIVED}/measurement/{{scale}}/{{part}}.csv",
            scale=flow.scales,
            part=flow.measurement_tables,
        ),
    output:
        expand(f"{DERIVED}/tables/{{table}}.csv", table=flow.tables),
    log:
        f"{LOGS}/describe.study.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=flow.slice_report(),
        code=flow.code("effects", "ingest", "privacy", "storage"),
    shell:
        "python3 -m dww_analysis --study {params.study} stage describe study > {log} 2>&1"


rule draw:
    input:
        f"{DERIVED}/scores/{{scale}}.parquet",
        f"{DERIVED}/measurement/{{scale}}/items.csv",
        f"{DERIVED}/measurement/{{scale}}/invariance.csv",
        f"{DERIVED}/measurement/{{scale}}/invariance_steps.csv",
        lambda wildcards: flow.fit_files(wildcards.scale),
    output:
        directory(f"{DERIVED}/figures/{{scale}}"),
    log:
        f"{LOGS}/draw.{{scale}}.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=lambda wildcards: flow.slice_drawing(wildcards.scale),
        code=flow.code("figures", "reports"),
    shell:
        "python3 -m dww_analysis --study {params.study} stage draw {wildcards.scale} > {log} 2>&1"


rule overview:
    input:
        f"{DERIVED}/tables/estimates.csv",
        f"{DERIVED}/tables/flow.csv",
    output:
        directory(f"{DERIVED}/figures/overview"),
    log:
        f"{LOGS}/overview.study.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=flow.slice_report(),
        code=flow.code("figures", "reports"),
    shell:
        "python3 -m dww_analysis --study {params.study} stage overview study > {log} 2>&1"


rule report:
    input:
        expand(
            f"{DERIVED}/tables/{{table}}.csv",
            table=flow.report_tables,
        ),
        expand(f"{DERIVED}/figures/{{scale}}", scale=["overview", *flow.scales]),
        expand(f"{DERIVED}/estimates/{{entry}}.fit.json", entry=flow.entries),
    output:
        f"{REPORTS}/index.html",
        f"{REPORTS}/provenance.json",
        directory(f"{REPORTS}/tables"),
        directory(f"{REPORTS}/figures"),
    log:
        f"{LOGS}/report.study.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=flow.slice_report(),
        code=flow.code("reports", "cli"),
    shell:
        "python3 -m dww_analysis --study {params.study} stage report study > {log} 2>&1"
