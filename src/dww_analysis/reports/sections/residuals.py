"""What planned models leave unexplained, and whether it looks as they assume: in sentences, a figure and a table.

A departure is named when it is large, whatever its p value: skewness and kurtosis beyond what West, Finch & Curran
(1995) call moderate, a spread more than twice as wide in one group as in another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import permutation_of, robust_by
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, heading, hidden, nothing, number, p_value, percent, text
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import (
    Table,
    build_table,
    counted,
    first_of_each,
    flagged,
    is_number,
    rows_of,
)

SKEWED, HEAVY, UNEQUAL = 2.0, 7.0, 2.0
Row = Mapping[str, Any]


def residual_blocks(
    tables: Mapping[str, pd.DataFrame],
    headlines: pd.DataFrame,
    figures: Sequence[FigureRecord],
    labels: Labels,
) -> list[Block]:
    """One block: what the checks found, the figure and a row for each model; nothing where no model was checked.

    tables: "residual_checks", and "sensitivity" for other ways that were tried. figures: in the reader's language.
    """
    found = rows_of(tables.get("residual_checks"))
    if not found:
        return []
    words = labels.words
    names = {str(r["entry"]): str(r["label"]) for r in headlines.to_dict("records")}
    shown = [r for r in found if r["part"] == "residual" and not flagged(r)]
    far = [s for r in shown for s in _far(r, names, labels)]
    said = [words("residuals.intro"), *(far or [words("residuals.all_fine")] if shown else [])]
    return [
        block(
            sentences=[*said, *(_others(tables, labels) if far else [])],
            figures=[f for f in figures if f.kind == "residuals"],
            tables=[_table(found, names, labels)],
        )
    ]


def _far(row: Row, names: Mapping[str, str], labels: Labels) -> list[str]:
    """A sentence for each departure that is large."""
    words = labels.words
    found = {
        "skewed": (row["skewness"], abs(row["skewness"]) > SKEWED),
        "heavy": (row["kurtosis"], row["kurtosis"] > HEAVY),
        "unequal": (row["sd_ratio"], row["sd_ratio"] > UNEQUAL),
    }
    label = words.capital(names.get(str(row["entry"]), str(row["entry"])))
    return [
        words(f"residuals.{name}", label=label, value=words.number(value, 1))
        for name, (value, large) in found.items()
        if is_number(value) and large
    ]


def _others(tables: Mapping[str, pd.DataFrame], labels: Labels) -> list[str]:
    """Which of the other analyses do without these assumptions."""
    done = {str(r["analysis"]) for r in rows_of(tables.get("sensitivity"))}
    unit, words = labels.study.unit, labels.words
    return [
        *([words("residuals.permutation")] if permutation_of(unit) in done else []),
        *([words("residuals.robust")] if robust_by(unit) in done else []),
    ]


def _table(found: Sequence[Row], names: Mapping[str, str], labels: Labels) -> Table:
    words = labels.words
    rows = [_line(r, names, labels) for r in found]
    heads = ("part", "n", "skewness", "kurtosis", "beyond", "w", "p_normal", "sd_ratio", "p_equal")
    limits = {
        name: words.number(v, 0)
        for name, v in zip(("skew", "kurt", "ratio"), (SKEWED, HEAVY, UNEQUAL), strict=True)
    }
    note = words("residuals.note", minimum=labels.study.min_cell_size, **limits)
    return build_table(
        "residuals",
        words("residuals.table"),
        [words("results.outcome"), *(words(f"residuals.{name}") for name in heads)],
        rows,
        [note, *cell_notes(rows, labels)],
        "residual_checks.csv",
        first_of_each(r["entry"] for r in found),
    )


def _line(row: Row, names: Mapping[str, str], labels: Labels) -> list[Cell]:
    words = labels.words
    entry = str(row["entry"])
    cells = [
        heading(words.capital(names.get(entry, entry))),
        text(words(f"residuals.part.{row['part']}")),
        counted(row, "n"),
    ]
    if flagged(row):
        return [*cells, *[hidden()] * 7]
    return [
        *cells,
        number(row["skewness"], 2),
        number(row["kurtosis"], 2),
        _or_nothing(row["beyond"], percent),
        number(row["w"], 3),
        p_value(row["p_normal"]),
        _or_nothing(row["sd_ratio"], number),
        _or_nothing(row["p_equal"], p_value),
    ]


def _or_nothing(value: Any, cell: Any) -> Cell:
    made: Cell = cell(value) if is_number(value) else nothing()
    return made
