"""Stage overview: the figures about the whole study: forest, participant flow, theory of change, curves of choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dww_analysis.stages import places
from dww_analysis.stages.curve import varied
from dww_analysis.stages.drawings import PARTS, folder_of
from dww_analysis.stages.mechanisms import mechanism_tables
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.settings import printed
from dww_analysis.stages.stage import Stage, Tables, where_answered

NAME = "overview"
TABLES = ("estimates", "answers", "flow")


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Forest, flow, where there is one the theory and, where choices are varied, their curves, in every language."""
    from dww_analysis.figures.flow import draw_flow
    from dww_analysis.figures.forest import draw_forest
    from dww_analysis.figures.mechanisms import draw_mechanisms
    from dww_analysis.language import Words
    from dww_analysis.reports.headlines import headline_rows, with_answers

    files, publication = project.files, Publication.of(project)
    shown, _ = publication.beside({table: tables[table] for table in _tables(project)})
    drawings: list[Any] = []
    for language in files.reports.languages:
        words = Words(language, files.study.level_labels)
        headlines = headline_rows(shown["estimates"], files.study, files.plan, files.outcomes(), words)
        drawings += [
            draw_forest(with_answers(headlines, shown["answers"]), words=words),
            draw_flow(shown["flow"], study=files.study, words=words),
            *_curves(project, shown, headlines, words),
        ]
        if files.theory is not None:
            found = shown["mechanisms"]
            drawings.append(draw_mechanisms(found, theory=files.theory, study=files.study, words=words))
    return {"figures": folder_of(drawings)}


def _curves(project: Project, tables: Mapping[str, Any], headlines: Any, words: Any) -> list[Any]:
    """One figure for each entry whose choices are varied."""
    if "curve" not in tables:
        return []
    from dww_analysis.figures.curve import draw_curve
    from dww_analysis.language.labels import Labels

    labels, points = Labels(project.files.study, project.files.scales, words), tables["curve"]
    drawn = []
    for row in headlines[headlines["entry"].isin(points["entry"])].to_dict("records"):
        own = points[points["entry"] == row["entry"]]
        name = f"curve-{row['entry']}"
        drawn.append(draw_curve(own, row["label"], labels=labels, name=name, subject=row["outcome"]))
    return drawn


def _tables(project: Project) -> list[str]:
    return [*TABLES, *mechanism_tables(project), *(["curve"] if varied(project) else [])]


def _reads(project: Project, name: str) -> dict[str, Any]:
    return {table: places.safe_table(table).at(project.paths) for table in _tables(project)}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    files, study = project.files, printed(project)
    named = study if varied(project) else replace(study, background=())
    return files.reports.languages, named, files.plan, files.outcomes(), files.theory


STAGE = Stage(
    "overview",
    per="study",
    reads=_reads,
    makes=PARTS,
    config=_config,
    run=_run,
    names=lambda project: where_answered(project, NAME),
)
