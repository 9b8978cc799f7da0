rule piece:
    input:
        flow.reads("piece"),
    output:
        flow.makes("piece"),
    log:
        flow.log("piece"),
    conda:
        "../envs/dww.yaml"
    shell:
        flow.command("piece")
