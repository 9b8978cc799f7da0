"""Quality of measurement: internal consistency of every scale, differences between teams, agreement within them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd

from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, hidden, number, span, text, with_interval
from dww_analysis.reports.sections.measurement import by_scale, cell_notes, scale_cell, standing_alone, there
from dww_analysis.reports.tables import (
    Table,
    build_table,
    cell_of,
    counted,
    first_of_each,
    flagged,
    refuse_small,
    rows_of,
)

STATISTICS = ("alpha", "omega", "item_rest_min", "icc1", "icc2", "rwgj_median", "rwgj_mean")
Row = dict[str, Any]


def reliability_tables(
    reliability: pd.DataFrame | None, labels: Labels, conf_level: float
) -> dict[str, Table]:
    """Tables "reliability" of scales, "subscales", and "agreement": how teams differ and how much members agree.

    reliability: a row for each scale, sample and wave, None where there is none (tables without rows).
    DisclosureError where it is of fewer persons than the study's minimum.
    """
    refuse_small(reliability, "reliability", "n_persons", STATISTICS, labels.study.min_cell_size)
    scales, _ = standing_alone(reliability)
    names = {r["scale"] for r in scales}
    subscales = by_scale([r for r in rows_of(reliability) if r["scale"] not in names])
    return {
        "reliability": _consistency("reliability", [r for r in scales if _has_items(r)], labels, conf_level),
        "subscales": _consistency("subscales", [r for r in subscales if _has_items(r)], labels, conf_level),
        "agreement": _agreement([r for r in scales if _has_teams(r)], labels, conf_level),
    }


def _has_items(row: Row) -> bool:
    return there(row.get("n_items")) and float(row["n_items"]) > 0


def _has_teams(row: Row) -> bool:
    """Whether a row has an ICC, or hides what its teams would have."""
    several = there(row.get("n_teams")) and float(row["n_teams"]) > 1
    return there(row.get("icc1")) or (flagged(row) and several)


def _consistency(identity: str, found: list[Row], labels: Labels, conf_level: float) -> Table:
    """Alpha and omega with intervals, and the range of the item-rest correlations."""

    def numbers(row: Row) -> list[Cell]:
        coefficients = [with_interval(row[n], row[f"{n}_low"], row[f"{n}_high"]) for n in ("alpha", "omega")]
        rest = cell_of(row, "item_rest_min", lambda low: span(low, row["item_rest_max"]))
        return [counted(row, "n_persons"), counted(row, "n_items"), *coefficients, rest]

    caption = labels.words("measurement.caption" if identity == "reliability" else "measurement.subscales")
    columns = ("persons", "items", "alpha", "omega", "item_rest")
    return _table(
        identity, caption, columns, found, numbers, _consistency_notes(found, labels, conf_level), labels
    )


def _consistency_notes(found: list[Row], labels: Labels, conf_level: float) -> list[str]:
    words, notes = labels.words, []
    if any(there(r.get("alpha")) for r in found):
        ways = sorted(
            {str(r["omega_method"]) for r in found if there(r.get("omega_method")) and r["omega_method"]}
        )
        omega = "; ".join(words.omega_method(w) for w in ways)
        key = "measurement.note" if omega else "measurement.note_short"
        notes += [words(key, level=words.level(conf_level), omega=omega), words("measurement.note_item_rest")]
    without = [r.get("notes") for r in found if not there(r.get("alpha")) and not flagged(r)]
    why = dict.fromkeys(said for notes in without for said in notes_in_words(notes, words))
    return [*notes, words("measurement.note_missing", notes="; ".join(why))] if why else notes


def notes_in_words(notes: Any, words: Words) -> list[str]:
    """The notes of a row of the reliability table (JSON: objects with `note` and what it is about) as phrases."""
    told = json.loads(notes) if isinstance(notes, str) and notes else []
    return [
        words(f"measurement.about.{n['note']}", **{k: v for k, v in n.items() if k != "note"}) for n in told
    ]


def _agreement(found: list[Row], labels: Labels, conf_level: float) -> Table:
    """ICC(1) with interval, ICC(2), and rwg(j); never the lowest or highest team."""
    words = labels.words
    judged = any(r.get("team_mean") in ("yes", "no") for r in found)

    def numbers(row: Row) -> list[Cell]:
        icc1 = with_interval(row["icc1"], row.get("icc1_low"), row.get("icc1_high"))
        cells = [counted(row, "n_teams"), icc1, number(row.get("icc2"))]
        cells.append(number(row.get("rwgj_median")))
        verdict = {"yes": words("measurement.yes_word"), "no": words("measurement.no_word")}
        return [*cells, text(verdict.get(str(row.get("team_mean")), "–"))] if judged else cells

    columns = ("teams", "icc1", "icc2", "rwg", *(("team_mean",) if judged else ()))
    notes = [words("measurement.note_agreement", level=words.level(conf_level))]
    return _table("agreement", words("measurement.agreement"), columns, found, numbers, notes, labels)


def _table(
    identity: str,
    caption: str,
    columns: tuple[str, ...],
    found: list[Row],
    numbers: Callable[[Row], list[Cell]],
    notes: list[str],
    labels: Labels,
) -> Table:
    """One row per scale and wave (and sample, where a scale was answered by several)."""
    words = labels.words
    several = len({(r["scale"], r["sample"]) for r in found}) > len({r["scale"] for r in found})
    rows: list[list[Cell]] = []
    strong = first_of_each(row["scale"] for row in found)
    for row in found:
        cells = [scale_cell(str(row["scale"]), labels)]
        cells += [text(labels.sample(str(row["sample"])))] if several else []
        cells.append(text(labels.wave(row["wave"])))
        rows.append(cells + ([hidden()] * len(columns) if flagged(row) else numbers(row)))
    names = ["scale", *(["sample"] if several else []), "wave", *columns]
    notes = [*notes, *cell_notes(rows, labels)]
    if any(labels.unverified(str(r["scale"])) for r in found):
        notes.append(words("table.unverified_note"))
    teams = words.capital(words.level_names("team"))
    heads = [teams if n == "teams" else words(f"measurement.{n}") for n in names]
    return build_table(identity, caption, heads, rows, notes, "reliability.csv", strong)
