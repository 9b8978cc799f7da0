"""Whether persons keep their place between waves, and how much the score of one person moves by chance."""

from __future__ import annotations

import pandas as pd

from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, hidden, number, text, with_interval
from dww_analysis.reports.sections.measurement import cell_notes, scale_cell, standing_alone
from dww_analysis.reports.tables import (
    Table,
    build_table,
    cell_of,
    counted,
    first_of_each,
    flagged,
    refuse_small,
)

STATISTICS = ("r", "icc", "sem", "smallest_detectable_change")


def stability_table(stability: pd.DataFrame | None, labels: Labels, conf_level: float) -> Table:
    """One row per scale and pair of waves: correlation with interval, ICC(A,1), error of one score."""
    words = labels.words
    refuse_small(stability, "stability", "n_persons", STATISTICS, labels.study.min_cell_size)
    found, left_out = standing_alone(stability)
    rows: list[list[Cell]] = []
    strong = first_of_each(row["scale"] for row in found)
    for row in found:
        pair = words.listing((labels.wave(row["wave_1"]), labels.wave(row["wave_2"])))
        cells = [scale_cell(str(row["scale"]), labels), text(pair), counted(row, "n_persons")]
        numbers = [
            with_interval(row["r"], row["r_low"], row["r_high"]),
            *(cell_of(row, k, number) for k in STATISTICS[1:]),
        ]
        rows.append(cells + ([hidden()] * 4 if flagged(row) else numbers))
    keys = ("waves", "r", "icc", "sem", "change")
    names = {k: words(f"stability.{k}", level=words.level(conf_level)) for k in keys}
    columns = [words("measurement.scale"), names["waves"], words("measurement.persons")]
    columns += [names[k] for k in keys[1:]]
    notes = [words("stability.note"), words("stability.note_change")]
    notes += [words("measurement.note_subscales")] if left_out else []
    notes += cell_notes(rows, labels)
    if any(r[0].marked("†") for r in rows):
        notes.append(words("table.unverified_note"))
    return build_table("stability", words("stability.caption"), columns, rows, notes, "stability.csv", strong)
