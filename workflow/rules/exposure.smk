# Diaries, app logs and personnel records -> tidy tables, features per person and wave, tables ready to show.
# A study without such sources has none of these jobs.


if flow.exposure_sources:

    rule exposure:
        input:
            lambda wildcards: flow.raw_file(wildcards.exposure),
            f"{DERIVED}/measurements.parquet",
            f"{DERIVED}/allocation.parquet" if flow.allocation else [],
        output:
            multiext(
                f"{DERIVED}/exposure/{{exposure}}",
                ".parquet",
                ".features.parquet",
                ".detail.parquet",
                ".flow.csv",
            ),
        log:
            f"{LOGS}/exposure.{{exposure}}.log",
        wildcard_constraints:
            exposure=flow.one_of(flow.exposure_sources),
        conda:
            "../envs/dww.yaml"
        params:
            study=flow.study,
            config=lambda wildcards: flow.slice_exposure(wildcards.exposure),
            code=flow.code("storage", "delivery", "ingest", "exposure", "privacy"),
        shell:
            "python3 -m dww_analysis --study {params.study} stage exposure {wildcards.exposure} > {log} 2>&1"

    rule exposures:
        input:
            expand(
                f"{DERIVED}/exposure/{{source}}.{{part}}",
                source=flow.exposure_sources,
                part=["features.parquet", "flow.csv"],
            ),
        output:
            expand(f"{DERIVED}/tables/{{table}}.csv", table=flow.exposure_tables),
        log:
            f"{LOGS}/exposures.study.log",
        conda:
            "../envs/dww.yaml"
        params:
            study=flow.study,
            config=flow.slice_exposures(),
            code=flow.code("delivery", "ingest", "exposure", "privacy"),
        shell:
            "python3 -m dww_analysis --study {params.study} stage exposures study > {log} 2>&1"
