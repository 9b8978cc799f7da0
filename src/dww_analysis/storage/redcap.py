"""Exports of REDCap: raw or labels, one row a record, event and repeated form.

REDCap's own columns tell the layout. Events of a longitudinal project stand in one file, in `redcap_event_name`.
Tick boxes have a column for each option, with three underscores (`tools___2`), or "(choice=...)" in label headings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from dww_analysis.storage.surveys import Layout, Records, clean_name, plain_words
from dww_analysis.storage.tables import Table

EVENT = "redcap_event_name"
# heading in an export with labels -> REDCap's name of its own column
SYSTEM = {
    "Event Name": EVENT,
    "Repeat Instrument": "redcap_repeat_instrument",
    "Repeat Instance": "redcap_repeat_instance",
    "Data Access Group": "redcap_data_access_group",
    "Survey Identifier": "redcap_survey_identifier",
}
_STATUS = {0.0: "Incomplete", 1.0: "Unverified", 2.0: "Complete"}
_TICKED = {0.0: "Unchecked", 1.0: "Checked"}
_TICK_BOX = re.compile(r"[a-z][a-z0-9_]*?___[a-z0-9_]+")
_TICK_LABEL = re.compile(r"(.*)\(choice=(.*)\)", re.DOTALL)
_COMPLETE = re.compile(r"[a-z][a-z0-9_]*_complete")


def redcap(records: Records, delimiter: str) -> Layout | None:
    """One header row with REDCap's own columns, as names (raw) or as labels."""
    if not records:
        return None
    header = [clean_name(cell) for cell in records[0]]
    own = set(SYSTEM.values()) & set(header)
    raw_form = any(map(_TICK_BOX.fullmatch, header)) and any(map(_COMPLETE.fullmatch, header))
    if own or raw_form:
        return _raw(header)
    labelled = "Complete?" in header and ({"Event Name", "Repeat Instrument"} & set(header) or _ticks(header))
    if labelled or {"Event Name", "Repeat Instrument"} <= set(header):
        return _labelled(header)
    return None


def _ticks(header: Sequence[str]) -> bool:
    return any(map(_TICK_LABEL.fullmatch, header))


def _raw(header: Sequence[str]) -> Layout:
    values = {n: _TICKED for n in header if _TICK_BOX.fullmatch(n)}
    values |= {n: _STATUS for n in header if _COMPLETE.fullmatch(n)}
    return Layout(
        "redcap",
        1,
        tuple(header),
        value_labels=values,
        not_yet=("[not completed]",),
        system=frozenset(SYSTEM.values()),
        note="REDCap export, names as headings",
    )


def _labelled(header: Sequence[str]) -> Layout:
    names, complete = [], 0
    for cell in header:
        complete += cell == "Complete?"
        number = "" if complete < 2 else f".{complete}"
        names.append(f"{cell}{number}" if cell == "Complete?" else SYSTEM.get(cell, cell))
    labels = {n: plain_words(c) for n, c in zip(names, header, strict=True)}
    return Layout(
        "redcap",
        1,
        tuple(names),
        labels,
        not_yet=("[not completed]",),
        system=frozenset(SYSTEM.values()),
        note="REDCap export, labels as headings",
    )


def with_events(table: Table) -> Table:
    """`table` with a note of the events (moments of measurement) and repeated forms that stand in it."""
    if table.format != "redcap":
        return table
    notes = list(table.notes)
    for column, what in ((EVENT, "events"), ("redcap_repeat_instrument", "repeated forms")):
        if column in table.data:
            counts = table.data[column].dropna().value_counts(sort=False)
            shown = ", ".join(f"{name} ({n})" for name, n in counts.head(20).items())
            notes += [f"{what} in {column}, with their rows: {shown}"] if len(counts) else []
    return replace(table, notes=tuple(notes))
