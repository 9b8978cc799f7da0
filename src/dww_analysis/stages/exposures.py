"""Stage exposures: all sources about learning at work, in tables by wave and arm, let out through the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.tables.workplace import KIND_OF, LEARNING_TABLES
from dww_analysis.stages import places
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import dates, reporting
from dww_analysis.stages.stage import Stage, Tables


def exposure_tables_of(project: Project) -> list[str]:
    """Names of the tables about learning at work; none in a study without such sources."""
    kinds = {s.kind for s in project.exposure_sources()}
    return [t.name for t in LEARNING_TABLES if KIND_OF.get(t.name, next(iter(kinds), "")) in kinds]


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """All sources together, as they may be shown."""
    from dww_analysis.exposure import exposure_tables, in_groups
    from dww_analysis.privacy.gate import let_out

    features: dict[str, list[pd.DataFrame]] = {}
    for source in project.exposure_sources():
        own = in_groups(tables["features"][source.id], project.files.study)
        features.setdefault(source.kind, []).append(own)
    found = exposure_tables(features, list(tables["flow"].values()))
    over_time = _over_time(project, tables, features)
    return let_out({**found, **over_time}, project.files.study.min_cell_size)


def _over_time(
    project: Project, tables: Tables, features: Mapping[str, list[pd.DataFrame]]
) -> Mapping[str, pd.DataFrame]:
    """Use of an app and leaving by period, where there are such sources."""
    from dww_analysis.exposure import app_periods, leaving_periods

    found = {}
    for table, kind, periods in (
        ("app_periods", "events", app_periods),
        ("leaving_periods", "hr", leaving_periods),
    ):
        if kind in features:
            found[table] = periods(list(tables[kind].values()), features[kind], project.files.study)
    return found


def _reads(project: Project, name: str) -> dict[str, Any]:
    """What every source gave; of app logs also the events, of personnel records the months at risk."""
    sources = {s.id: s.kind for s in project.exposure_sources()}
    parts = {
        "features": (places.EXPOSURE_FEATURES, ""),
        "flow": (places.EXPOSURE_FLOW, ""),
        "events": (places.EXPOSURE, "events"),
        "hr": (places.EXPOSURE_DETAIL, "hr"),
    }
    read = {
        part: {s: place.at(project.paths, s) for s, kind in sources.items() if only in ("", kind)}
        for part, (place, only) in parts.items()
    }
    return {part: files for part, files in read.items() if files}


def _makes(project: Project) -> dict[str, Place]:
    return {table: places.safe_table(table) for table in exposure_tables_of(project)}


STAGE = Stage(
    "exposures",
    per="study",
    reads=_reads,
    makes=_makes,
    config=lambda project, name: (
        [(s.id, s.kind) for s in project.exposure_sources()],
        dates(project),
        [arm.id for arm in project.files.study.groups],
        reporting(project),
    ),
    run=_run,
    names=lambda project: ["study"] if project.exposure_sources() else [],
)
