# Scores -> estimates: one job per plan entry, its tests on invented trials, its other choices, then the correction
# within families; and the theory of change.


rule estimate:
    input:
        flow.reads("estimate"),
    output:
        flow.makes("estimate"),
    log:
        flow.log("estimate"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("estimate"),
    shell:
        flow.command("estimate")


rule calibrate:
    input:
        flow.reads("calibrate"),
    output:
        flow.makes("calibrate"),
    log:
        flow.log("calibrate"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("calibrate"),
    shell:
        flow.command("calibrate")


rule families:
    input:
        flow.reads("families"),
    output:
        flow.makes("families"),
    log:
        flow.log("families"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("families"),
    shell:
        flow.command("families")


rule impute:
    input:
        flow.reads("impute"),
    output:
        flow.makes("impute"),
    log:
        flow.log("impute"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("impute"),
    shell:
        flow.command("impute")


rule imputations:
    input:
        flow.reads("imputations"),
    output:
        flow.makes("imputations"),
    log:
        flow.log("imputations"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("imputations"),
    shell:
        flow.command("imputations")


rule mechanisms:
    input:
        flow.reads("mechanisms"),
    output:
        flow.makes("mechanisms"),
    log:
        flow.log("mechanisms"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("mechanisms"),
    shell:
        flow.command("mechanisms")


rule impact:
    input:
        flow.reads("impact"),
    output:
        flow.makes("impact"),
    log:
        flow.log("impact"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("impact"),
    shell:
        flow.command("impact")


rule participation:
    input:
        flow.reads("participation"),
    output:
        flow.makes("participation"),
    log:
        flow.log("participation"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("participation"),
    shell:
        flow.command("participation")


rule curve:
    input:
        flow.reads("curve"),
    output:
        flow.makes("curve"),
    log:
        flow.log("curve"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("curve"),
    shell:
        flow.command("curve")


rule curves:
    input:
        flow.reads("curves"),
    output:
        flow.makes("curves"),
    log:
        flow.log("curves"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("curves"),
    shell:
        flow.command("curves")
