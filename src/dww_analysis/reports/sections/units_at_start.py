"""Table 1 of the units of allocation: how many stood in each arm, how large, and how their means spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, heading, nothing, share_error, text
from dww_analysis.reports.sections.measurement import cell_notes, level_of, scale_cell, yes_no_note
from dww_analysis.reports.tables import (
    Table,
    arm_of,
    build_table,
    cell_of,
    counted,
    refuse_small,
    rows_of,
)

Row = Mapping[str, Any]
ANSWERED = "answered"


def units_table(units: pd.DataFrame | None, labels: Labels) -> Table:
    """One row per variable, two columns per arm that units stay in; of all together where they stay in none.

    units: the declared table baseline_units, after disclosure control. Empty where persons were allocated.
    """
    words, study = labels.words, labels.study
    refuse_small(units, "baseline_units", "n_persons", ("mean", "sd"), study.min_cell_size)
    found = rows_of(units)
    arms = [a.id for a in study.groups] or [""]
    many = len({str(r["sample"]) for r in found}) > 1
    rows: list[list[Cell]] = []
    for sample, variable in dict.fromkeys((str(r["sample"]), str(r["variable"])) for r in found):
        own = {arm_of(r): r for r in found if (str(r["sample"]), str(r["variable"])) == (sample, variable)}
        name = (
            heading(words.capital(words("units.answered")))
            if variable == ANSWERED
            else scale_cell(variable, labels)
        )
        rows.append(
            [
                name,
                *([text(labels.sample(sample))] if many else []),
                *(cell for arm in arms for cell in _cells(own.get(arm), labels)),
            ]
        )
    columns = [words("baseline.variable"), *([words("baseline.sample")] if many else [])]
    one = "" if study.groups else "_all"
    for arm in arms:
        columns += [words(f"units.{k}{one}", arm=labels.arm(arm)) for k in ("n", "value")]
    shares = yes_no_note((str(r["variable"]) for r in found), "units.note_shares", labels)
    notes = [words("units.note"), *shares, *cell_notes(rows, labels)]
    if any(c.marked("†") for row in rows for c in row):
        notes.append(words("table.unverified_note"))
    caption = words.capital(words("units.caption"))
    return build_table("units", caption, columns, rows, notes, "baseline_units.csv")


def _cells(row: Row | None, labels: Labels) -> list[Cell]:
    if row is None:
        return [nothing(), nothing()]
    n = counted(row, "n_units")
    if labels.has_shares(str(row["variable"])):
        return [n, cell_of(row, "mean", lambda mean: share_error(mean, row["sd"], 0))]
    return [n, level_of(row, str(row["variable"]), labels)]
