# Tables made safe to show -> figures -> the factsheet and the report; sheets of teams and organisations apart from them.


rule linkage:
    input:
        flow.reads("linkage"),
    output:
        flow.makes("linkage"),
    log:
        flow.log("linkage"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("linkage"),
    shell:
        flow.command("linkage")


rule describe:
    input:
        flow.reads("describe"),
    output:
        flow.makes("describe"),
    log:
        flow.log("describe"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("describe"),
    shell:
        flow.command("describe")


rule draw:
    input:
        flow.reads("draw"),
    output:
        flow.makes("draw"),
    log:
        flow.log("draw"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("draw"),
    shell:
        flow.command("draw")


rule overview:
    input:
        flow.reads("overview"),
    output:
        flow.makes("overview"),
    log:
        flow.log("overview"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("overview"),
    shell:
        flow.command("overview")


rule factsheet:
    input:
        flow.reads("factsheet"),
    output:
        flow.makes("factsheet"),
    log:
        flow.log("factsheet"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("factsheet"),
    shell:
        flow.command("factsheet")


rule praatplaat:
    input:
        flow.reads("praatplaat"),
    output:
        flow.makes("praatplaat"),
    log:
        flow.log("praatplaat"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("praatplaat"),
    shell:
        flow.command("praatplaat")


rule cards:
    input:
        flow.reads("cards"),
    output:
        flow.makes("cards"),
    log:
        flow.log("cards"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("cards"),
    shell:
        flow.command("cards")


rule workbook:
    input:
        flow.reads("workbook"),
    output:
        flow.makes("workbook"),
    log:
        flow.log("workbook"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("workbook"),
    shell:
        flow.command("workbook")


rule article_tables:
    input:
        flow.reads("article_tables"),
    output:
        flow.makes("article_tables"),
    log:
        flow.log("article_tables"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("article_tables"),
    shell:
        flow.command("article_tables")


rule article:
    input:
        flow.reads("article"),
    output:
        flow.makes("article"),
    log:
        flow.log("article"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("article"),
    shell:
        flow.command("article")


rule report:
    input:
        flow.reads("report"),
    output:
        flow.makes("report"),
    log:
        flow.log("report"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("report"),
    shell:
        flow.command("report")


rule sheets:
    input:
        flow.reads("sheets"),
    output:
        flow.makes("sheets"),
    log:
        flow.log("sheets"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("sheets"),
    shell:
        flow.command("sheets")


rule interpretations:
    input:
        flow.reads("interpretations"),
    output:
        flow.makes("interpretations"),
    log:
        flow.log("interpretations"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("interpretations"),
    shell:
        flow.command("interpretations")


rule actions:
    input:
        flow.reads("actions"),
    output:
        flow.makes("actions"),
    log:
        flow.log("actions"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("actions"),
    shell:
        flow.command("actions")


rule counts:
    input:
        flow.reads("counts"),
    output:
        flow.makes("counts"),
    log:
        flow.log("counts"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("counts"),
    shell:
        flow.command("counts")
