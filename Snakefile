# From delivered files to reports. Each rule is one command of `python -m dww_analysis`;
# how a step works is in src/dww_analysis, one room per step (docs/map.md).
#
#   snakemake --cores 2                                    the study that config/config.yaml names
#   snakemake --cores 2 --config study=workplace           another study

from snakemake.utils import min_version

min_version("9.0")

from dww_analysis.cli.workflow import Workflow

flow = Workflow.open(config)

# `python3` in a rule is the interpreter that runs Snakemake.
shell.prefix(flow.same_interpreter)

RAW, INTERIM, DERIVED = flow.raw, flow.interim, flow.derived
REPORTS, LOGS = flow.reports, flow.logs


wildcard_constraints:
    source=flow.one_of(flow.answer_sources),
    scale=flow.one_of(flow.scales),
    entry=flow.one_of(flow.entries),


localrules:
    all,


rule all:
    default_target: True
    input:
        f"{REPORTS}/index.html",
        f"{REPORTS}/provenance.json",


include: "workflow/rules/ingest.smk"
include: "workflow/rules/scales.smk"
include: "workflow/rules/effects.smk"
include: "workflow/rules/exposure.smk"
include: "workflow/rules/report.smk"
