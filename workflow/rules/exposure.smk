# Learning at work: diaries, app events, personnel records, observations; and what sessions chose, voted and told.


rule exposure:
    input:
        flow.reads("exposure"),
    output:
        flow.makes("exposure"),
    log:
        flow.log("exposure"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("exposure"),
    shell:
        flow.command("exposure")


rule exposures:
    input:
        flow.reads("exposures"),
    output:
        flow.makes("exposures"),
    log:
        flow.log("exposures"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("exposures"),
    shell:
        flow.command("exposures")


rule practice:
    input:
        flow.reads("practice"),
    output:
        flow.makes("practice"),
    log:
        flow.log("practice"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("practice"),
    shell:
        flow.command("practice")


rule coverage:
    input:
        flow.reads("coverage"),
    output:
        flow.makes("coverage"),
    log:
        flow.log("coverage"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("coverage"),
    shell:
        flow.command("coverage")
