"""The file beside the answers that says what they mean: a .lss of LimeSurvey, a data dictionary of REDCap."""

from __future__ import annotations

from pathlib import Path

from dww_analysis.storage.redcap import with_events
from dww_analysis.storage.tables import Table


def with_structure(table: Table, folder: Path, structure: str | None) -> Table:
    """`table` with the labels of the file `structure` in `folder`, and a note of the events that stand in it."""
    table = with_events(table)
    if structure is None:
        return table
    path = folder / structure
    if path.suffix.lower() == ".csv":
        from dww_analysis.storage.dictionary import apply_dictionary

        return apply_dictionary(table, path)
    from dww_analysis.storage.lss import apply_structure

    return apply_structure(table, path, path.name)
