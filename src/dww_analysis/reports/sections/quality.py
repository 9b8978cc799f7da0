"""Quality of the data: rows used, answers that are absent and why, double and careless answers, items that moved.

Counts and shares only, from tables that went through disclosure control; teams are a summary, never one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import WITHOUT_CARELESS
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, count, heading, hidden, nothing, number, percent, text
from dww_analysis.reports.sections.linkage import linkage_blocks
from dww_analysis.reports.sections.measurement import cell_notes, scale_cell
from dww_analysis.reports.sections.plausibility import plausibility_blocks
from dww_analysis.reports.tables import (
    Table,
    build_table,
    cell_of,
    counted,
    first_of_each,
    flagged,
    refuse_small,
    rows_of,
    truth,
)

FLAGS = ("flag_longstring", "flag_speed", "flag_even_odd", "careless")
TABLES = ("missing_by_scale", "missing_by_team", "careless", "drift", "linkage", "link_plausibility")
Row = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]


def quality_blocks(tables: Tables, labels: Labels) -> list[Block]:
    """The blocks of the section; none when no table about the quality of the data was given."""
    if not any(name in tables for name in TABLES):
        return []
    minimum = labels.study.min_cell_size
    for name in ("missing_by_scale", "missing_by_item"):
        refuse_small(tables.get(name), name, "n", ("share",), minimum)
    refuse_small(tables.get("drift"), "drift", "n", ("change_sd", "scale_change_sd"), minimum)
    made = [
        block(labels.words("quality.rows_heading"), sentences=_delivered(tables.get("flow"), labels)),
        _missing_block(tables, labels),
        _careless_block(tables, labels),
        _drift_block(tables.get("drift"), labels),
        *plausibility_blocks(tables.get("link_plausibility"), labels),
        *linkage_blocks(tables, labels),
    ]
    return [b for b in made if b]


def _delivered(flow: pd.DataFrame | None, labels: Labels) -> list[str]:
    """How many rows were delivered and used, and how many were double; the table stands with participation."""
    words = labels.words
    rows = [r for r in rows_of(flow) if r["level"] == "row"]
    if not rows:
        return []
    total = {step: sum(_size(r) for r in rows if r["step"] == step) for step in ("read", "kept")}
    double = sum(
        _size(r) for r in rows if r["step"] == "dropped" and str(r["reason"]).startswith("duplicate")
    )
    read, kept = (words.count(total[k]) for k in ("read", "kept"))
    twice = words("quality.duplicates", n=words.count(double)) if double else words("quality.no_duplicates")
    return [f"{words('quality.rows', read=read, kept=kept)} {twice}"]


def _size(row: Row) -> float:
    try:
        return float(row["count"])
    except (TypeError, ValueError):
        return 0.0


def _missing_block(tables: Tables, labels: Labels) -> Block:
    words = labels.words
    by_scale, by_item = tables.get("missing_by_scale"), tables.get("missing_by_item")
    if by_scale is None and by_item is None:
        return block()
    found = rows_of(by_scale)
    return block(
        words("quality.missing_heading"),
        sentences=[_most_missing(found, labels)],
        tables=[_missing_table(found, labels), _team_table(tables.get("missing_by_team"), labels)],
        folded=[fold(words("quality.items_fold"), item_table(by_item, labels))],
    )


def _most_missing(found: Sequence[Row], labels: Labels) -> str:
    """Where most answers are absent; "" when a hidden row could be the one."""
    words = labels.words
    if not found:
        return words("quality.nothing_missing")
    if any(flagged(r) for r in found):
        return ""
    shares: dict[tuple[str, Any, str], float] = {}
    for r in found:
        key = (str(r["sample"]), r["wave"], str(r["scale"]))
        shares[key] = shares.get(key, 0.0) + float(r["share"])
    (_, wave, scale), share = max(shares.items(), key=lambda kv: kv[1])
    return words(
        "quality.most_missing",
        scale=labels.outcome(scale),
        wave=labels.wave(wave),
        share=words.percent(share, 1),
    )


def _missing_table(found: Sequence[Row], labels: Labels) -> Table:
    """One row per scale and wave, one column per reason: the share of the answers that were asked."""
    words = labels.words
    reasons = sorted({str(r["reason"]) for r in found})
    order = {s: i for i, s in enumerate(labels.scales)}
    places = sorted(
        {(str(r["scale"]), str(r["sample"]), r["wave"]) for r in found},
        key=lambda p: (order.get(p[0], len(order)), *p),
    )
    several = len({s for _, s, _ in places}) > 1
    known = {(str(r["scale"]), str(r["sample"]), r["wave"], str(r["reason"])): r for r in found}
    rows: list[list[Cell]] = []
    strong = first_of_each(scale for scale, _, _ in places)
    for scale, sample, wave in places:
        own = [known.get((scale, sample, wave, reason)) for reason in reasons]
        first = next(r for r in own if r is not None)
        cells = [scale_cell(scale, labels), *([text(labels.sample(sample))] if several else [])]
        cells += [text(labels.wave(wave)), counted(first, "n"), counted(first, "asked")]
        rows.append(cells + [share_cell(r, words, "0") for r in own])
    keys = ["measurement.scale", *(["measurement.sample"] if several else []), "measurement.wave"]
    columns = [words(k) for k in (*keys, "measurement.persons", "quality.asked")]
    columns += [words.capital(_reason(r, words)) for r in reasons]
    notes = [words("quality.note_missing"), *table_notes(rows, labels)]
    return build_table(
        "missing", words("quality.missing"), columns, rows, notes, "missing_by_scale.csv", strong
    )


def _reason(reason: str, words: Words) -> str:
    return words(f"reason.{reason}") if words.has(f"reason.{reason}") else reason


def share_cell(row: Row | None, words: Words, absent: str = "–") -> Cell:
    """A share as per cent; `absent` without a row ("0" for none), the mark where it is hidden."""
    if row is None:
        return percent(0.0, 1) if absent == "0" else nothing()
    return hidden() if flagged(row) else percent(row["share"], 1)


def table_notes(rows: list[list[Cell]], labels: Labels) -> list[str]:
    """Notes for the marks in these rows of cells, that of unverified keys (a dagger in the first column) among them."""
    notes = cell_notes(rows, labels)
    if any(r[0].marked("†") for r in rows):
        notes.append(labels.words("table.unverified_note"))
    return notes


def _team_table(by_team: pd.DataFrame | None, labels: Labels) -> Table:
    """Quartiles over teams; no team by itself, and neither the lowest nor the highest."""
    words, found = labels.words, rows_of(by_team)
    several = len({str(r["sample"]) for r in found}) > 1
    rows = []
    for r in found:
        shares = [percent(r[k], 1) for k in ("share_q25", "share_median", "share_q75")]
        teams = [counted(r, "n_teams"), counted(r, "n_small_teams")]
        rows.append([heading(words.capital(_place(r, several, labels))), *teams, *shares])
    keys = ("q25", "median", "q75")
    columns = [
        words("measurement.wave"),
        words.capital(words.level_names("team")),
        words("quality.small_teams"),
    ]
    columns += [words(f"measurement.{k}") for k in keys]
    notes = [words("quality.note_teams", minimum=labels.study.min_cell_size), *cell_notes(rows, labels)]
    return build_table("missing-teams", words("quality.teams"), columns, rows, notes, "missing_by_team.csv")


def _place(row: Row, several: bool, labels: Labels) -> str:
    wave = labels.wave(row["wave"])
    return f"{labels.sample(str(row['sample']))}, {wave}" if several else wave


def item_table(by_item: pd.DataFrame | None, labels: Labels) -> Table:
    """One row per item with the share of absent answers at each wave."""
    words, found = labels.words, rows_of(by_item)
    waves = sorted({int(r["wave"]) for r in found})
    items = dict.fromkeys((str(r["scale"]), str(r["sample"]), str(r["item"])) for r in found)
    several = len({s for _, s, _ in items}) > 1
    known = {(str(r["sample"]), str(r["item"]), int(r["wave"])): r for r in found}
    rows: list[list[Cell]] = []
    strong = first_of_each(scale for scale, _, _ in items)
    for scale, sample, item in items:
        cells = [scale_cell(scale, labels), *([text(labels.sample(sample))] if several else []), text(item)]
        rows.append(cells + [share_cell(known.get((sample, item, w)), words) for w in waves])
    keys = ["measurement.scale", *(["measurement.sample"] if several else []), "measurement.item"]
    columns = [*(words(k) for k in keys), *(words.capital(labels.wave(w)) for w in waves)]
    notes = [words("quality.note_items"), *table_notes(rows, labels)]
    return build_table(
        "missing-items", words("quality.items"), columns, rows, notes, "missing_by_item.csv", strong
    )


def _careless_block(tables: Tables, labels: Labels) -> Block:
    words, careless = labels.words, tables.get("careless")
    found = rows_of(careless)
    if careless is None:
        return block()
    if not found:
        return block(words("quality.careless_heading"), sentences=[words("quality.careless_none")])
    minimum = labels.study.min_cell_size
    several = len({str(r["sample"]) for r in found}) > 1
    flags = [f for f in FLAGS if f in careless]
    rows = [
        [
            heading(words.capital(_place(r, several, labels))),
            counted(r, "n"),
            *(small(r.get(f), words, minimum) for f in flags),
        ]
        for r in found
    ]
    columns = [words("measurement.wave"), words("measurement.persons")]
    columns += [words(f"quality.{f}") for f in flags]
    notes = [words("quality.note_careless")]
    if any(c.small for r in rows for c in r):
        notes.append(words("quality.note_small", minimum=minimum))
    if any(c.suppressed for r in rows for c in r):
        notes.append(words("table.suppressed_note", minimum=minimum))
    table = build_table("careless", words("quality.careless_caption"), columns, rows, notes, "careless.csv")
    said = _careless_text([r.get(f) for r in found for f in flags], tables.get("sensitivity"), words)
    return block(words("quality.careless_heading"), sentences=said, tables=[table])


def _careless_text(counts: Sequence[Any], sensitivity: pd.DataFrame | None, words: Words) -> list[str]:
    """Whether any questionnaire shows a sign, and what is done with it; [] where all that is known is hidden."""
    if any(isinstance(n, str) or n > 0 for n in counts):
        left_out = sensitivity is not None and (sensitivity["analysis"] == WITHOUT_CARELESS).any()
        text = words("quality.careless_text")
        return [f"{text} {words('quality.careless_left_out')}" if left_out else text]
    return [words("quality.careless_absent")] if all(n == 0 for n in counts) else []


def small(value: Any, words: Words, minimum: int) -> Cell:
    """A count of persons; `<8` from 1 up to the minimum, and where it was hidden before (None, NaN or a text with
    "<")."""
    hidden_before = isinstance(value, str) and value.startswith("<")
    if hidden_before or value is None or value != value or 0 < float(value) < minimum:
        return count(f"<{minimum}")
    return count(value)


def _drift_block(drift: pd.DataFrame | None, labels: Labels) -> Block:
    """Items that moved otherwise than their scale, as a question."""
    words = labels.words
    shown = [r for r in rows_of(drift) if not flagged(r)]
    if not shown:
        return block()
    found = [r for r in shown if truth(r["question"])]
    rows = [
        [
            scale_cell(str(r["scale"]), labels),
            text(str(r["item"])),
            text(labels.wave(r["wave"])),
            counted(r, "n"),
            *(cell_of(r, k, number) for k in ("change_sd", "scale_change_sd")),
        ]
        for r in found
    ]
    keys = ("measurement.scale", "measurement.item", "measurement.wave", "measurement.persons")
    columns = [*(words(k) for k in keys), words("quality.change"), words("quality.scale_change")]
    notes = [words("quality.note_drift"), *table_notes(rows, labels)]
    table = build_table("drift", words("quality.drift"), columns, rows, notes, "drift.csv")
    n, looked = len(found), words.count(len(shown))
    sentence = (
        words.many("quality.drift_found", n, n=words.few(n), looked=looked)
        if n
        else words("quality.drift_none", looked=looked)
    )
    return block(words("quality.drift_heading"), sentences=[sentence], tables=[table])
