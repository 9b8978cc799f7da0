"""Every table that is stored, declared once: columns with types, key, what protects it and in what its rows add up.

    register()["descriptives"]        the declaration of one table, by name

Rooms meet as tables. Storage checks and types them by these declarations, disclosure control protects by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from dww_analysis.domain.tables.columns import (
    SUPPRESSION,
    AddsUp,
    Column,
    Kind,
    Shows,
    Table,
    Tells,
    TotalsOf,
)

__all__ = ["SUPPRESSION", "AddsUp", "Column", "Kind", "Shows", "Table", "Tells", "TotalsOf", "register"]


@cache
def register() -> Mapping[str, Table]:
    """Name -> declaration, of all tables that any stage stores: columns, key, what protects rows, in what they add
    up."""
    from dww_analysis.domain.tables import (
        absent,
        answers,
        article,
        cycle,
        effects,
        linking,
        measured,
        practice,
        units,
        workplace,
    )

    modules = (answers, linking, measured, workplace, effects, absent, units, practice, article, cycle)
    tables = [table for module in modules for table in module.TABLES]
    assert len({t.name for t in tables}) == len(tables), "two tables of one name"
    return {table.name: table for table in tables}
