# Measurements -> scores of each scale, and how well each was measured.


rule score:
    input:
        flow.reads("score"),
    output:
        flow.makes("score"),
    log:
        flow.log("score"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("score"),
    shell:
        flow.command("score")


rule analyse:
    input:
        flow.reads("analyse"),
    output:
        flow.makes("analyse"),
    log:
        flow.log("analyse"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("analyse"),
    shell:
        flow.command("analyse")


rule careless:
    input:
        flow.reads("careless"),
    output:
        flow.makes("careless"),
    log:
        flow.log("careless"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("careless"),
    shell:
        flow.command("careless")
