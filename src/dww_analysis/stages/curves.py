"""Stage curves: the points of all entries, as they may be shown beside their estimates."""

from __future__ import annotations

from dww_analysis.domain.tables.effects import CURVES
from dww_analysis.stages import places
from dww_analysis.stages.beside import beside_estimates
from dww_analysis.stages.curve import varied
from dww_analysis.stages.project import Project

TABLES = tuple(table.name for table in CURVES)


def curve_tables(project: Project) -> list[str]:
    """Names of the tables about choices; none where the plan varies none."""
    return list(TABLES) if varied(project) else []


STAGE = beside_estimates("curves", TABLES, places.ENTRY_CURVE, varied)
