"""The scores of every scale per wave and group, and the answers to its items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, heading, mean_sd, number, percent, text
from dww_analysis.reports.tables import (
    Table,
    build_table,
    cell_of,
    counted,
    first_of_each,
    flagged,
    hides,
    is_number,
    refuse_small,
    rows_of,
)

# what the items table asks -> what the report asks
ASKS = {"reversed?": "turn", "not reversed?": "turn_back", "opposite directions?": "opposite"}
MOMENTS = ("mean", "sd", "q25", "median", "q75")


def scale_cell(scale: str, labels: Labels) -> Cell:
    """The name of a scale as the heading of a row, marked when its scoring key was not verified, subscales indented."""
    return heading(marked(scale, labels), indent="." in scale)


def marked(outcome: str, labels: Labels) -> str:
    """An outcome's label, with a dagger when its scoring key was not verified."""
    return labels.words.capital(labels.outcome(outcome)) + ("†" if labels.unverified(outcome) else "")


def standing_alone(frame: pd.DataFrame | None) -> tuple[list[dict[str, Any]], bool]:
    """The rows of totals (and of subscales of instruments without one), and whether other subscales were left out."""
    rows = rows_of(frame)
    totals = {str(r["scale"]) for r in rows if "." not in str(r["scale"])}
    shown = [r for r in rows if "." not in str(r["scale"]) or str(r["scale"]).split(".")[0] not in totals]
    return by_scale(shown), len(shown) < len(rows)


def by_scale(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of each scale together, scales in the order in which they first occur."""
    order = {scale: i for i, scale in enumerate(dict.fromkeys(r["scale"] for r in rows))}
    return sorted(rows, key=lambda r: order[r["scale"]])


def descriptives_table(descriptives: pd.DataFrame | None, labels: Labels) -> Table:
    """Mean, SD and quartiles of every scale per wave and arm, a row each, with the range the scale can have.
    Subscales of a scale with a total are left out, as a note says. DisclosureError for a mean of fewer persons
    than the study's minimum."""
    words, study = labels.words, labels.study
    refuse_small(descriptives, "descriptives", "n", MOMENTS, study.min_cell_size)
    found, left_out = standing_alone(descriptives)
    rows: list[list[Cell]] = []
    strong = first_of_each(row["scale"] for row in found)
    for row in found:
        cells = [scale_cell(str(row["scale"]), labels), text(labels.wave(row["wave"]))]
        arm = row.get("arm")
        if study.arms:
            cells.append(text(labels.arm("" if not there(arm) else str(arm))))
        cells.append(counted(row, "n"))
        cells += [cell_of(row, k, number) for k in MOMENTS]
        low, high = (words.plain(row[k]) for k in ("score_min", "score_max"))
        cells.append(text(words("number.span", low=low, high=high)))
        rows.append(cells)
    keys = ["scale", "wave", *(["group"] if study.arms else []), "persons", *MOMENTS, "range"]
    columns = [words("flow.group") if k == "group" else words(f"measurement.{k}") for k in keys]
    notes = [words("measurement.note_subscales")] if left_out else []
    notes += yes_no_note((str(r["scale"]) for r in found), "table.yes_no_mean_note", labels)
    notes += cell_notes(rows, labels)
    if any(flagged(r) and is_number(r["n"]) and r["n"] >= study.min_cell_size for r in found):
        notes.append(words("measurement.note_telling", minimum=study.min_cell_size))
    if any(labels.unverified(str(r["scale"])) for r in found):
        notes.append(words("table.unverified_note"))
    return build_table(
        "descriptives", words("measurement.descriptives"), columns, rows, notes, "descriptives.csv", strong
    )


def items_table(items: pd.DataFrame | None, labels: Labels) -> Table:
    """Every item by wave, a row each: answers, mean, share at either end, item-rest correlation, alpha without it.
    DisclosureError where they are of fewer persons than the study's minimum."""
    words = labels.words
    values = ("mean", "sd", "floor_share", "ceiling_share", "item_rest", "alpha_if_dropped")
    refuse_small(items, "items", "n", values, labels.study.min_cell_size)
    rows: list[list[Cell]] = []
    found, left_out = standing_alone(items)
    strong = first_of_each((row["scale"], row["wave"]) for row in found)
    for row in found:
        question = asked_question(row)
        rows.append(
            [
                scale_cell(str(row["scale"]), labels),
                text(labels.wave(row["wave"])),
                text(str(row["item"]) + ("‡" if question else "")),
                counted(row, "n"),
                counted(row, "missing"),
                *(cell_of(row, k, number) for k in ("mean", "sd")),
                *(cell_of(row, k, percent) for k in values[2:4]),
                *(cell_of(row, k, number) for k in ("item_rest", "alpha_if_dropped")),
            ]
        )
    keys = (
        "scale",
        "wave",
        "item",
        "persons",
        "missing",
        "mean",
        "sd",
        "floor",
        "ceiling",
        "item_rest_short",
        "dropped",
    )
    notes = ([words("measurement.note_subscales")] if left_out else []) + cell_notes(rows, labels)
    if any(r[2].marked("‡") for r in rows):
        notes.append(words("measurement.sign_note"))
    if any(r[0].marked("†") for r in rows):
        notes.append(words("table.unverified_note"))
    columns = [words(f"measurement.{k}") for k in keys]
    return build_table("items", words("measurement.items_caption"), columns, rows, notes, "items.csv", strong)


def asked_question(row: Mapping[str, Any]) -> str:
    """The question (a key of `items.ask`) that the column sign_question raises about the direction of an item; "" for
    none."""
    return ASKS.get(str(row.get("sign_question")), "")


def cell_notes(rows: list[list[Cell]], labels: Labels) -> list[str]:
    """Notes for the marks that occur in these rows of cells: absent, suppressed, small counts; one of each."""
    words, minimum = labels.words, labels.study.min_cell_size
    notes = []
    if any(c.absent for r in rows for c in r):
        notes.append(words("table.missing_note"))
    if any(c.hides for r in rows for c in r):
        notes.append(words("table.suppressed_note", minimum=minimum))
    if any(c.small for r in rows for c in r):
        notes.append(words("table.small_note", minimum=minimum))
    return notes


def level_of(row: Mapping[str, Any], outcome: str, labels: Labels) -> Cell:
    """Mean (SD) of an outcome, of yes or no the percentage of yes; the mark where it is hidden. row: mean and sd of a
    table."""
    if labels.has_shares(outcome):
        return cell_of(row, "mean", percent)
    return cell_of(row, "mean", lambda mean: mean_sd(mean, row["sd"], hides(row, "sd")))


def yes_no_note(outcomes: Iterable[str], key: str, labels: Labels) -> list[str]:
    """What a share is, in the phrase of this key, where one of the outcomes is a yes or no; else []."""
    return [labels.words(key)] if any(map(labels.has_shares, outcomes)) else []


def there(value: Any) -> bool:
    """Whether a table holds a value here: neither None nor NaN."""
    return value is not None and value == value
