"""Stage imputations: what imputation says of all entries, as it may be shown beside their estimates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.stages import places
from dww_analysis.stages.impute import delta_arms, imputed_entries
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import reporting
from dww_analysis.stages.stage import Stage, Tables

TABLES = ("imputation", "delta", "imputed_rows", "imputation_chain")
PARTS = dict(zip(TABLES, ("imputation", "delta", "counts", "chain"), strict=True))


def imputation_tables(project: Project) -> list[str]:
    """Names of the tables about imputation; none where nothing is imputed."""
    return list(TABLES) if imputed_entries(project) else []


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """All entries together, through the gate beside the estimates that they follow."""
    from dww_analysis.privacy.gate import let_out

    found = {table: _stacked(list(tables[table].values())) for table in TABLES}
    shown = let_out({**found, "estimates": tables["estimates"]}, project.files.study.min_cell_size)
    return {table: shown[table] for table in TABLES}


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)


def _reads(project: Project, name: str) -> dict[str, Any]:
    entries = imputed_entries(project)
    parts: dict[str, Any] = {
        table: {e: places.ENTRY_IMPUTATION[part].at(project.paths, e) for e in entries}
        for table, part in PARTS.items()
    }
    return {**parts, "estimates": places.ESTIMATES.at(project.paths)}


def _makes(project: Project) -> dict[str, Place]:
    return {table: places.safe_table(table) for table in imputation_tables(project)}


STAGE = Stage(
    "imputations",
    per="study",
    reads=_reads,
    makes=_makes,
    config=lambda project, name: (imputed_entries(project), delta_arms(project), reporting(project)),
    run=_run,
    names=lambda project: ["study"] if imputed_entries(project) else [],
)
