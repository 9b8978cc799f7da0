"""Stage article_tables: what only the report as an article prints: units at the start, how scales go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.domain.tables.article import TABLES
from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import design, reporting
from dww_analysis.stages.stage import Stage, Tables


def articles(project: Project) -> list[str]:
    """The languages of the report as an article; none where it is not asked for."""
    return project.files.reports.languages_of("report")


def article_tables(project: Project) -> list[str]:
    """Names of the tables that only this report prints."""
    return [table.name for table in TABLES] if articles(project) else []


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Both tables, as they may be shown together."""
    import pandas as pd

    from dww_analysis.effects.baseline_units import baseline_units
    from dww_analysis.privacy.gate import let_out
    from dww_analysis.scales.together import scale_correlations

    files, scores = project.files, tables["scores"]
    minimum = files.study.min_cell_size
    together = scale_correlations(
        pd.concat(scores.values(), ignore_index=True),
        [scale.id for scale in files.scales],
        files.plan.conf_level,
        minimum,
    )
    found = {
        "baseline_units": baseline_units(files.study, files.scales, tables["answers"], scores),
        "scale_correlations": together,
    }
    return let_out(found, minimum)


def _reads(project: Project, name: str) -> Mapping[str, Any]:
    paths = project.paths
    scores = {scale.id: places.SCORES.at(paths, scale.id) for scale in project.files.scales}
    return {"answers": places.MEASUREMENTS.at(paths), "scores": scores}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    files = project.files
    return design(project), [scale.id for scale in files.scales], files.plan.conf_level, reporting(project)


STAGE = Stage(
    "article_tables",
    per="study",
    reads=_reads,
    makes=lambda project: {table: places.safe_table(table) for table in article_tables(project)},
    config=_config,
    run=_run,
    names=lambda project: ["study"] if articles(project) else [],
)
