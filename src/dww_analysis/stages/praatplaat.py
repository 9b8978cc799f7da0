"""Stage praatplaat: the talking picture, with a page of the same in words, where reports.yaml asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dww_analysis.domain.stops import Stop, stops_of
from dww_analysis.stages import places
from dww_analysis.stages.mechanisms import mechanism_tables
from dww_analysis.stages.practice import practice_tables
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.stage import Stage, Tables


def pictures(project: Project) -> list[str]:
    """The languages of the picture; none where it is not asked for."""
    return project.files.reports.languages_of("praatplaat")


def picture_tables(project: Project) -> list[str]:
    """Names of the tables that the picture prints; those of mechanisms and sessions where the study has them."""
    return ["estimates", "answers", "flow", *mechanism_tables(project), *practice_tables(project)]


def road(project: Project) -> tuple[Stop, ...]:
    """The stops, each with the planned outcomes that it tells, as `stops_of` makes them of theory.yaml or else."""
    files = project.files
    planned = [e.outcome for e in files.plan.entries if e.status != "exploratory"]
    return stops_of(files.stops, planned, files.outcomes(), files.theory)


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """The pictures and the page in one language, from what readers of the report get."""
    from dww_analysis.reports import Setup
    from dww_analysis.reports.documents.praatplaat import build_praatplaat

    files = project.files
    told = {"stories": tables["stories"]} if "stories" in tables else {}
    shown, _ = Publication.of(project).beside({table: tables[table] for table in picture_tables(project)})
    return build_praatplaat(
        {**shown, **told},
        Setup(files.study, files.reports, files.plan, files.outcomes(), practice=files.practice),
        stops=road(project),
        language=name,
        empty_file=places.EMPTY_PICTURE_PDF.at(project.paths, name).name,
    )


def _reads(project: Project, name: str) -> Mapping[str, Any]:
    told = project.cycle_sources("interpretations")
    return {
        **{table: places.safe_table(table).at(project.paths) for table in picture_tables(project)},
        **({"stories": places.CYCLE_STORIES.at(project.paths)} if told else {}),
    }


def _config(project: Project, name: str) -> tuple[Any, ...]:
    files = project.files
    return (
        replace(files.study, citation={}, seed=0),
        files.plan,
        files.outcomes(),
        road(project),
        files.practice,
    )


STAGE = Stage(
    "praatplaat",
    per="study",
    reads=_reads,
    makes={
        "picture": places.PICTURE,
        "pdf": places.PICTURE_PDF,
        "empty": places.EMPTY_PICTURE,
        "empty_pdf": places.EMPTY_PICTURE_PDF,
        "page": places.PICTURE_PAGE,
    },
    config=_config,
    run=_run,
    names=pictures,
)
