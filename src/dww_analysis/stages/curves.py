"""Stage curves: the points of all entries, as they may be shown beside their estimates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.domain.tables.effects import CURVES
from dww_analysis.stages import places
from dww_analysis.stages.curve import varied
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import reporting
from dww_analysis.stages.stage import Stage, Tables, stacked

TABLES = tuple(table.name for table in CURVES)


def curve_tables(project: Project) -> list[str]:
    """Names of the tables about choices; none where the plan varies none."""
    return list(TABLES) if varied(project) else []


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """All entries together, through the gate beside the estimates that they follow."""
    from dww_analysis.privacy.gate import let_out

    found = {table: stacked(list(tables[table].values())) for table in TABLES}
    shown = let_out({**found, "estimates": tables["estimates"]}, project.files.study.min_cell_size)
    return {table: shown[table] for table in TABLES}


def _reads(project: Project, name: str) -> dict[str, Any]:
    parts: dict[str, Any] = {
        table: {entry: places.ENTRY_CURVE[table].at(project.paths, entry) for entry in varied(project)}
        for table in TABLES
    }
    return {**parts, "estimates": places.ESTIMATES.at(project.paths)}


def _makes(project: Project) -> dict[str, Place]:
    return {table: places.safe_table(table) for table in curve_tables(project)}


STAGE = Stage(
    "curves",
    per="study",
    reads=_reads,
    makes=_makes,
    config=lambda project, name: (varied(project), reporting(project)),
    run=_run,
    names=lambda project: ["study"] if varied(project) else [],
)
