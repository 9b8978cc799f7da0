"""Stage imputations: what imputation says of all entries, as it may be shown beside their estimates."""

from __future__ import annotations

from dww_analysis.domain.tables.absent import IMPUTED
from dww_analysis.stages import places
from dww_analysis.stages.beside import beside_estimates
from dww_analysis.stages.impute import delta_arms, imputed_entries
from dww_analysis.stages.project import Project

TABLES = tuple(table.name for table in IMPUTED)


def imputation_tables(project: Project) -> list[str]:
    """Names of the tables about imputation; none where nothing is imputed."""
    return list(TABLES) if imputed_entries(project) else []


STAGE = beside_estimates(
    "imputations", TABLES, places.ENTRY_IMPUTATION, imputed_entries, lambda project: (delta_arms(project),)
)
