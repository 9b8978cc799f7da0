"""Groups that were not formed by lot, made alike: balance before and after, how many units are left, and what would
explain the answer away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import OF_UNITS, ONE_COVARIATE_BELOW
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, heading, hidden, number, span, text
from dww_analysis.reports.headlines import marked_label
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

Row = dict[str, Any]


def weighting_blocks(weighting: pd.DataFrame | None, headlines: pd.DataFrame, labels: Labels) -> list[Block]:
    """Sentences and two tables of the entries that were weighed; [] where none were.

    weighting: the declared table of that name, after disclosure control.
    """
    rows, words = rows_of(weighting), labels.words
    if not rows:
        return []
    outcomes = {e["entry"]: e for e in headlines.to_dict("records")}
    answers = [r for r in rows if r["part"] == "answer" and r["name"] == "overlap weights" and not flagged(r)]
    return [
        block(
            words("weighting.heading"),
            sentences=[words("weighting.intro"), *_few(rows, words), words("weighting.e_value_text")],
            points=[_explained(r, outcomes[r["entry"]], labels) for r in answers if r["entry"] in outcomes],
            tables=[_balance(rows, outcomes, labels), _groups(rows, outcomes, labels)],
        )
    ]


def _few(rows: Sequence[Row], words: Words) -> list[str]:
    """That few units can be made alike in one thing only."""
    sizes = [r["n_units"] for r in rows if r["part"] == "group" and is_number(r["n_units"])]
    few = any(n < ONE_COVARIATE_BELOW for n in sizes)
    return [words("weighting.few", n=words.count(ONE_COVARIATE_BELOW))] if few else []


def _explained(row: Row, entry: Row, labels: Labels) -> str:
    words = labels.words
    return words(
        "weighting.e_value",
        label=words.capital(str(entry["label"])),
        value=words.number(row["e_value"], 2),
        limit=words.number(row["e_value_limit"], 2),
    )


def _balance(rows: Sequence[Row], outcomes: Mapping[str, Row], labels: Labels) -> Table:
    words = labels.words
    columns = [words(f"weighting.{key}") for key in ("outcome", "covariate", "before", "after")]
    own = [r for r in rows if r["part"] == "covariate"]
    cells = [
        [
            _outcome(r, outcomes, labels),
            text(_covariate(str(r["name"]), labels)),
            *_numbers(r, ("smd_before", "smd_after")),
        ]
        for r in own
    ]
    notes = [words("weighting.balance_note"), *cell_notes(cells, labels)]
    return build_table(
        "balance",
        words("weighting.balance"),
        columns,
        cells,
        notes,
        "weighting.csv",
        first_of_each(r["entry"] for r in own),
    )


def _groups(rows: Sequence[Row], outcomes: Mapping[str, Row], labels: Labels) -> Table:
    words = labels.words
    keys = ("outcome", "group", "units", "left_out", "effective", "support")
    columns = [words(f"weighting.{key}") for key in keys]
    own = [r for r in rows if r["part"] == "group"]
    cells = []
    for row in own:
        cell = (
            [hidden()] * 2
            if flagged(row)
            else [number(row["effective_units"], 1), span(row["support_low"], row["support_high"])]
        )
        cells.append(
            [
                _outcome(row, outcomes, labels),
                text(labels.arm(str(row["name"]))),
                counted(row, "n_units"),
                counted(row, "units_left_out"),
                *cell,
            ]
        )
    return build_table(
        "weighed-groups",
        words("weighting.groups"),
        columns,
        cells,
        [words("weighting.groups_note"), words("weighting.left_out_note"), *cell_notes(cells, labels)],
        "weighting.csv",
        first_of_each(r["entry"] for r in own),
    )


def _outcome(row: Row, outcomes: Mapping[str, Row], labels: Labels) -> Cell:
    entry = outcomes.get(row["entry"])
    return heading(marked_label(entry, labels) if entry is not None else str(row["entry"]))


def _numbers(row: Row, names: Sequence[str]) -> list[Cell]:
    return [hidden() if flagged(row) else number(row[name], 2) for name in names]


def _covariate(name: str, labels: Labels) -> str:
    return labels.words(f"weighting.{name}") if name in OF_UNITS else labels.column(name)
