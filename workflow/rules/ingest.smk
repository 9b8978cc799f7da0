# Delivered files -> Measurements.


rule ingest:
    input:
        flow.reads("ingest"),
    output:
        flow.makes("ingest"),
    log:
        flow.log("ingest"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("ingest"),
    shell:
        flow.command("ingest")


rule allocate:
    input:
        flow.reads("allocate"),
    output:
        flow.makes("allocate"),
    log:
        flow.log("allocate"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("allocate"),
    shell:
        flow.command("allocate")


rule link:
    input:
        flow.reads("link"),
    output:
        flow.makes("link"),
    log:
        flow.log("link"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("link"),
    shell:
        flow.command("link")


rule combine:
    input:
        flow.reads("combine"),
    output:
        flow.makes("combine"),
    log:
        flow.log("combine"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("combine"),
    shell:
        flow.command("combine")


rule codebook:
    input:
        flow.reads("codebook"),
    output:
        flow.makes("codebook"),
    log:
        flow.log("codebook"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("codebook"),
    shell:
        flow.command("codebook")
