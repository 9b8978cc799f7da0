# Delivered files -> Measurements.


rule ingest:
    input:
        lambda wildcards: flow.raw_file(wildcards.source),
        lambda wildcards: flow.links(wildcards.source),
    output:
        multiext(
            f"{INTERIM}/{{source}}/",
            "answers.parquet",
            "missing.parquet",
            "flow.parquet",
            "codebook.parquet",
            "rules.parquet",
            "persons.parquet",
        ),
    log:
        f"{LOGS}/ingest.{{source}}.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=lambda wildcards: flow.slice_source(wildcards.source),
        code=flow.code("storage", "delivery", "ingest", "exposure", "privacy"),
    shell:
        "python3 -m dww_analysis --study {params.study} stage ingest {wildcards.source} > {log} 2>&1"


if flow.allocation:

    rule allocate:
        input:
            flow.raw_file(flow.allocation),
        output:
            f"{DERIVED}/allocation.parquet",
        log:
            f"{LOGS}/allocate.{flow.allocation}.log",
        conda:
            "../envs/dww.yaml"
        params:
            study=flow.study,
            source=flow.allocation,
            config=flow.slice_source(flow.allocation),
            code=flow.code("storage", "delivery", "ingest"),
        shell:
            "python3 -m dww_analysis --study {params.study} stage allocate {params.source} > {log} 2>&1"


if flow.code_sources:

    rule link:
        input:
            [flow.raw_file(source) for source in flow.code_sources],
            f"{DERIVED}/allocation.parquet" if flow.allocation else [],
        output:
            multiext(
                f"{INTERIM}/",
                "linkage.parquet",
                "linkage_report.parquet",
                "linkage_placebo.parquet",
            ),
        log:
            f"{LOGS}/link.study.log",
        conda:
            "../envs/dww.yaml"
        params:
            study=flow.study,
            config=flow.slice_linking(),
            code=flow.code("storage", "delivery", "ingest", "exposure", "privacy"),
        shell:
            "python3 -m dww_analysis --study {params.study} stage link study > {log} 2>&1"

    rule linkage:
        input:
            multiext(
                f"{INTERIM}/",
                "linkage.parquet",
                "linkage_report.parquet",
                "linkage_placebo.parquet",
            ),
            f"{DERIVED}/measurements.parquet",
            expand(f"{DERIVED}/scores/{{scale}}.parquet", scale=flow.scales),
        output:
            expand(f"{DERIVED}/tables/{{table}}.csv", table=flow.linkage_tables),
        log:
            f"{LOGS}/linkage.study.log",
        conda:
            "../envs/dww.yaml"
        params:
            study=flow.study,
            config=flow.slice_report(),
            code=flow.code("delivery", "ingest", "exposure", "privacy"),
        shell:
            "python3 -m dww_analysis --study {params.study} stage linkage study > {log} 2>&1"


rule combine:
    input:
        expand(
            f"{INTERIM}/{{source}}/{{part}}.parquet",
            source=flow.answer_sources,
            part=["answers", "missing", "flow", "codebook", "rules", "persons"],
        ),
        f"{DERIVED}/allocation.parquet" if flow.allocation else [],
    output:
        f"{DERIVED}/measurements.parquet",
        f"{DERIVED}/missing.parquet",
        f"{DERIVED}/flow.csv",
        f"{DERIVED}/codebook.csv",
        f"{DERIVED}/link_plausibility.csv",
        f"{DERIVED}/codebook.html",
    log:
        f"{LOGS}/combine.study.log",
    conda:
        "../envs/dww.yaml"
    params:
        study=flow.study,
        config=flow.slice_study(),
        code=flow.code("storage", "delivery", "ingest"),
    shell:
        "python3 -m dww_analysis --study {params.study} stage combine study > {log} 2>&1"
