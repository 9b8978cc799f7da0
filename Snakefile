# From delivered files to reports. Each rule is one command of `python -m dww_analysis`; what it reads, makes and
# depends on is declared in src/dww_analysis/stages, one module per step (docs/map.md).
#
#   snakemake --cores 2                                    the study that config/config.yaml names
#   snakemake --cores 2 --config study=workplace           another study
#   snakemake --cores 2 --config only=power                the grid that `dww power --profile` wrote down

from snakemake.utils import min_version

min_version("9.0")

from dww_analysis.cli.opening import end_workflow, open_workflow, start_workflow

flow = open_workflow(config, workflow)

# `python3` in a rule is the interpreter that runs Snakemake.
shell.prefix(flow.same_interpreter)


localrules:
    all,


rule all:
    default_target: True
    input:
        flow.results(),


include: "workflow/rules/pieces.smk"


if flow.planning:

    include: "workflow/rules/power.smk"

else:

    include: "workflow/rules/ingest.smk"
    include: "workflow/rules/scales.smk"
    include: "workflow/rules/effects.smk"
    include: "workflow/rules/exposure.smk"
    include: "workflow/rules/report.smk"


for one in workflow.rules:
    one.priority = flow.priority(one.name)


onstart:
    start_workflow(workflow)


onsuccess:
    end_workflow(flow)
