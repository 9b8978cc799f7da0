rule power:
    input:
        flow.reads("power"),
    output:
        flow.makes("power"),
    log:
        flow.log("power"),
    conda:
        "../envs/dww.yaml"
    params:
        plan=flow.plan("power"),
    shell:
        flow.command("power")
