"""All stages, in the order of the data: what jobs there are for a study."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from dww_analysis.stages.job import load_stage
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Stage

STAGES = (
    *("allocate", "link", "ingest", "coverage", "combine", "codebook"),
    *("exposure", "exposures", "practice", "score", "analyse", "careless"),
    *(
        "estimate",
        "piece",
        "impute",
        "calibrate",
        "curve",
        "families",
        "imputations",
        "mechanisms",
        "curves",
        "linkage",
        "impact",
        "participation",
        "interpretations",
        "actions",
        "counts",
        "sheets",
        "describe",
        "draw",
        "overview",
        "factsheet",
        "praatplaat",
        "cards",
        "workbook",
        "article_tables",
        "article",
        "report",
    ),
)
PLANNING = ("power", "piece")  # done before there is a study
ONLY_POWER = "power"  # how `--config only=` of snakemake asks for these


@cache
def stage(id: str) -> Stage:
    """The declaration of a stage, in the module of its name; ConfigError for another name."""
    return load_stage(id)


def stages_of(project: Project) -> tuple[str, ...]:
    """The stages of which a study can have jobs."""
    return PLANNING if project.planning else STAGES


def jobs(project: Project) -> Iterator[tuple[str, str]]:
    """(stage, name) of every job of a study."""
    return ((id, name) for id in stages_of(project) for name in stage(id).names(project))


def jobs_before(project: Project, last: str) -> Iterator[tuple[str, str]]:
    """(stage, name) of every job of a study whose results stay, but those of the stage `last`."""
    return ((id, name) for id, name in jobs(project) if id != last and not stage(id).passing)
