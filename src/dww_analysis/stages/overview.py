"""Stage overview: the figures about the whole study: forest of estimates, participant flow, theory of change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dww_analysis.stages import places
from dww_analysis.stages.drawings import PARTS, folder_of
from dww_analysis.stages.mechanisms import mechanism_tables
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.settings import printed
from dww_analysis.stages.stage import Stage, Tables

NAME = "overview"
TABLES = ("estimates", "answers", "flow")


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Forest, flow and where there is one the theory, in every language."""
    from dww_analysis.figures.flow import draw_flow
    from dww_analysis.figures.forest import draw_forest
    from dww_analysis.figures.mechanisms import draw_mechanisms
    from dww_analysis.language import Words
    from dww_analysis.reports.headlines import headline_rows, with_answers

    files, publication = project.files, Publication.of(project)
    shown, _ = publication.beside({table: tables[table] for table in tables})
    drawings: list[Any] = []
    for language in files.reports.languages:
        words = Words(language, files.study.level_labels)
        headlines = headline_rows(shown["estimates"], files.study, files.plan, files.scales, words)
        drawings += [
            draw_forest(with_answers(headlines, shown["answers"]), words=words),
            draw_flow(shown["flow"], study=files.study, words=words),
        ]
        if files.theory is not None:
            drawings.append(draw_mechanisms(shown["mechanisms"], theory=files.theory, words=words))
    return {"figures": folder_of(drawings)}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    files = project.files
    study = replace(printed(project), background=())
    return files.reports.languages, study, files.plan, files.scales, files.theory


STAGE = Stage(
    "overview",
    per="study",
    reads=lambda project, name: {
        table: places.safe_table(table).at(project.paths) for table in (*TABLES, *mechanism_tables(project))
    },
    makes=PARTS,
    config=_config,
    run=_run,
    names=lambda project: [NAME],
)
