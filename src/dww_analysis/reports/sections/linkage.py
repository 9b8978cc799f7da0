"""Persons linked over waves by their own codes: how many, how many of them wrongly, and who could not be linked.

Counts and shares only, from tables that went through disclosure control; single teams carry its marks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.measurements import LINKED
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, count, heading, number, percent, text
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import Table, build_table, cell_of, counted, first_of_each, flagged, rows_of

Row = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]


def linkage_blocks(tables: Tables, labels: Labels) -> list[Block]:
    """How persons were linked over waves by their own codes: outcomes, false links, linked against unlinked. tables:
    "linkage", "linkage_placebo" and "linkage_compare"; nothing without a row of the first."""
    found, words = rows_of(tables.get("linkage")), labels.words
    if not found:
        return []
    everyone = [r for r in found if not _named(r["team"])]
    waves = dict.fromkeys(r["wave"] for r in everyone)
    sentences = [_linked_sentence(w, [r for r in everyone if r["wave"] == w], labels) for w in waves]
    sentences += [_placebo_sentence(r, labels) for r in rows_of(tables.get("linkage_placebo"))]
    compared = compare_table(tables.get("linkage_compare"), labels)
    teams = outcome_table("linkage-teams", [r for r in found if _named(r["team"])], labels)
    return [
        block(
            words("linkage.heading"),
            sentences=[words("linkage.intro"), *sentences],
            tables=[outcome_table("linkage", everyone, labels)],
            folded=[
                fold(words("linkage.compare_fold"), compared),
                fold(words("linkage.teams_fold"), teams),
            ],
        )
    ]


def _named(team: Any) -> bool:
    return isinstance(team, str) and team != ""


def _linked_sentence(wave: Any, rows: Sequence[Row], labels: Labels) -> str:
    words = labels.words
    linked = [r for r in rows if r["outcome"] in LINKED]
    if any(flagged(r) or r["share"] != r["share"] for r in linked):
        return ""
    n, share = sum(float(r["count"]) for r in linked), sum(float(r["share"]) for r in linked)
    return words("linkage.linked", wave=labels.wave(wave), n=words.count(n), share=words.percent(share))


def _placebo_sentence(row: Row, labels: Labels) -> str:
    words = labels.words
    expected = words.number(float(row["expected_false"]), 1)
    return words(
        "linkage.placebo", wave=labels.wave(row["wave"]), n=expected, links=words.count(row["links"])
    )


def outcome_table(identity: str, found: Sequence[Row], labels: Labels) -> Table:
    """How many rows of a wave (and team) were linked in which way, or why not."""
    words, teams = labels.words, identity.endswith("teams")
    rows: list[list[Cell]] = []
    strong = first_of_each((r["wave"], r["team"] if teams else "") for r in found)
    for r in found:
        cells = [heading(words.capital(labels.wave(r["wave"]))), *([text(r["team"])] if teams else [])]
        cells.append(text(outcome_name(str(r["outcome"]), words)))
        amount = [cell_of(r, "count", count), cell_of(r, "share", lambda share: percent(share, 1))]
        rows.append(cells + amount)
    where = [words("measurement.wave"), *([words.capital(words.level_name("team"))] if teams else [])]
    columns = [*where, *(words(f"linkage.{k}") for k in ("outcome", "count", "share"))]
    caption = words("linkage.teams" if teams else "linkage.caption")
    return build_table(identity, caption, columns, rows, cell_notes(rows, labels), "linkage.csv", strong)


def outcome_name(outcome: str, words: Words) -> str:
    """How a row was linked, in the reader's language."""
    key = f"linkage.how.{outcome.replace(', ', '_').replace(' ', '_')}"
    return words(key) if words.has(key) else outcome


def compare_table(compared: pd.DataFrame | None, labels: Labels) -> Table:
    """Persons that were linked against those that were not: a row for each variable and wave, counts, means and their
    difference."""
    words = labels.words
    rows = []
    for r in rows_of(compared):
        cells = [heading(words.capital(_variable(r, labels))), text(labels.wave(r["wave"]))]
        for group in ("linked", "unlinked"):
            cells += [counted(r, f"n_{group}"), cell_of(r, f"mean_{group}", number)]
        rows.append([*cells, cell_of(r, "difference", number)])
    keys = ("n_linked", "mean_linked", "n_unlinked", "mean_unlinked", "difference")
    columns = [words("baseline.variable"), words("measurement.wave"), *(words(f"linkage.{k}") for k in keys)]
    notes = [words("linkage.note_compare"), *cell_notes(rows, labels)]
    return build_table(
        "linkage-compare", words("linkage.compare"), columns, rows, notes, "linkage_compare.csv"
    )


def _variable(row: Row, labels: Labels) -> str:
    variable, category = str(row["variable"]), row.get("category")
    name = labels.outcome(variable) if row["kind"] == "score" else labels.column(variable)
    if category is None or category != category or not str(category):
        return name
    code = str(int(category)) if isinstance(category, float) and math.isfinite(category) else str(category)
    known = next((b for b in labels.study.background if b.name == variable), None)
    label = None if known is None else known.categories.get(code)
    return f"{name}: {labels.words.say(label) if label else code}"
