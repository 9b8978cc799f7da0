"""Stage article_tables: what only the report as an article prints: units at the start, how scales go together, and
what planned models leave unexplained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.domain.tables.article import TABLES
from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import design, reporting
from dww_analysis.stages.stage import Stage, Tables

SCORES = "descriptives"  # through the gate: what rests on a share that is hidden there is hidden here


def articles(project: Project) -> list[str]:
    """The languages of the report as an article; none where it is not asked for."""
    return project.files.reports.languages_of("report")


def article_tables(project: Project) -> list[str]:
    """Names of the tables that only this report prints."""
    return [table.name for table in TABLES] if articles(project) else []


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """All of them, as they may be shown together."""
    import pandas as pd

    from dww_analysis.effects.baseline_units import baseline_units
    from dww_analysis.effects.residuals import residual_tables
    from dww_analysis.privacy.gate import let_out, without_what_tells
    from dww_analysis.scales.together import scale_correlations

    files, scores = project.files, tables["scores"]
    minimum = files.study.min_cell_size
    together = scale_correlations(
        pd.concat(scores.values(), ignore_index=True),
        [scale.id for scale in files.scales],
        files.plan.conf_level,
        minimum,
    )
    effects = {entry: fit.get("unit_effects", {}) for entry, fit in tables["fits"].items()}
    found = {
        "baseline_units": baseline_units(files.study, files.scales, tables["answers"], scores),
        "scale_correlations": together,
        **residual_tables(tables["residuals"], effects, minimum),
    }
    shown = let_out({**found, "estimates": tables["estimates"]}, minimum)
    beside = {table: shown[table] for table in found} | {SCORES: tables[SCORES]}
    return {table: frame for table, frame in without_what_tells(beside, minimum).items() if table != SCORES}


def _reads(project: Project, name: str) -> Mapping[str, Any]:
    paths, planned = project.paths, _planned(project)
    return {
        "answers": places.MEASUREMENTS.at(paths),
        "scores": {scale.id: places.SCORES.at(paths, scale.id) for scale in project.files.scales},
        "estimates": places.ESTIMATES.at(paths),
        SCORES: places.safe_table(SCORES).at(paths),
        "residuals": {entry: places.ENTRY_RESIDUALS.at(paths, entry) for entry in planned},
        "fits": {entry: places.ENTRY_FIT.at(paths, entry) for entry in planned},
    }


def _planned(project: Project) -> list[str]:
    """Ids of the entries that were planned, in the plan's order."""
    return [entry.id for entry in project.files.plan.planned]


def _config(project: Project, name: str) -> tuple[Any, ...]:
    files = project.files
    scales, level = [scale.id for scale in files.scales], files.plan.conf_level
    return design(project), scales, level, _planned(project), reporting(project)


STAGE = Stage(
    "article_tables",
    per="study",
    reads=_reads,
    makes=lambda project: {table: places.safe_table(table) for table in article_tables(project)},
    config=_config,
    run=_run,
    names=lambda project: ["study"] if articles(project) else [],
)
