"""Quality of measurement: reliability of every scale, its scores per wave and group, and its items."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dww_analysis.reports.labels import Labels
from dww_analysis.reports.tables import (
    Cell,
    Table,
    build_table,
    count,
    flagged,
    heading,
    hidden,
    number,
    refuse_small,
    rows_of,
    text,
    with_interval,
)

STATISTICS = ("alpha", "omega", "item_rest_min", "icc1", "icc2", "rwgj_median", "rwgj_mean")
MOMENTS = ("mean", "sd", "q25", "median", "q75")


def reliability_tables(
    reliability: pd.DataFrame | None, labels: Labels, conf_level: float
) -> tuple[Table, Table]:
    """Alpha and omega with intervals, item-rest correlations, ICC(1), ICC(2) and rwg(j): scales, then subscales."""
    refuse_small(reliability, "reliability", "n_persons", STATISTICS, labels.study.min_cell_size)
    found = rows_of(reliability)
    totals = {str(r["scale"]) for r in found if "." not in str(r["scale"])}
    scales = [r for r in found if _stands_alone(str(r["scale"]), totals)]
    subscales = [r for r in found if not _stands_alone(str(r["scale"]), totals)]
    return (
        _reliability("reliability", scales, labels, conf_level),
        _reliability("subscales", subscales, labels, conf_level),
    )


def _stands_alone(scale: str, totals: set[str]) -> bool:
    """Whether a scale is shown in the first table: a total, or a subscale of an instrument without one."""
    return "." not in scale or scale.split(".")[0] not in totals


def _reliability(identity: str, found: list[dict[str, Any]], labels: Labels, conf_level: float) -> Table:
    words = labels.words
    extra = {"sample": _in_several_samples(found), "rwg": any(_there(r.get("rwgj_median")) for r in found)}
    rows, strong, seen = [], [], None
    for row in found:
        if row["scale"] != seen:
            seen = row["scale"]
            strong.append(len(rows))
        rows.append(_reliability_row(row, labels, extra))
    keys = [
        "scale",
        "sample",
        "wave",
        "persons",
        "items",
        "alpha",
        "omega",
        "item_rest",
        "teams",
        "icc1",
        "icc2",
        "rwg",
    ]
    columns = [words(f"measurement.{k}") for k in keys if extra.get(k, True)]
    notes = _reliability_notes(found, rows, labels, conf_level)
    caption = words("measurement.caption" if identity == "reliability" else "measurement.subscales")
    return build_table(identity, caption, columns, rows, notes, "reliability.csv", strong)


def _in_several_samples(found: list[dict[str, Any]]) -> bool:
    """Whether any scale was answered by more than one sample of persons, so that rows must say whose they are."""
    return len({(r["scale"], r["sample"]) for r in found}) > len({r["scale"] for r in found})


def _reliability_notes(
    found: list[dict[str, Any]], rows: list[list[Cell]], labels: Labels, conf_level: float
) -> list[str]:
    words, notes = labels.words, []
    level = words.level(conf_level)
    if any(_there(r.get("alpha")) for r in found):
        ways = sorted(
            {str(r["omega_method"]) for r in found if _there(r.get("omega_method")) and r["omega_method"]}
        )
        omega = "; ".join(words.omega_method(w) for w in ways)
        notes.append(
            words("measurement.note", level=level, omega=omega)
            if omega
            else words("measurement.note_short", level=level)
        )
        notes.append(words("measurement.note_item_rest"))
    notes += _notes(rows, labels)
    column = "notes_nl" if words.language == "nl" else "notes"
    why = dict.fromkeys(
        str(r[column]) for r in found if not _there(r.get("alpha")) and _there(r.get(column)) and r[column]
    )
    if why:
        notes.append(words("measurement.note_missing", notes="; ".join(why)))
    if any(labels.unverified(str(r["scale"])) for r in found):
        notes.append(words("table.unverified_note"))
    return notes


def _reliability_row(row: dict[str, Any], labels: Labels, extra: dict[str, bool]) -> list[Cell]:
    words = labels.words
    cells = [scale_cell(str(row["scale"]), labels)]
    if extra["sample"]:
        cells.append(text(labels.sample(str(row["sample"]))))
    cells += [
        text(labels.wave(row["wave"])),
        count(row["n_persons"], words),
        count(row["n_items"] or None, words),
    ]
    if flagged(row):
        return cells + [hidden(words)] * (6 + extra["rwg"])
    for name in ("alpha", "omega"):
        cells.append(with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"], words))
    low, high = row.get("item_rest_min"), row.get("item_rest_max")
    cells.append(text(words.span(low, high), True) if _there(low) and _there(high) else text("–", True))
    cells += [
        count(row.get("n_teams"), words),
        number(row.get("icc1"), words),
        number(row.get("icc2"), words),
    ]
    return [*cells, number(row.get("rwgj_median"), words)] if extra["rwg"] else cells


def scale_cell(scale: str, labels: Labels) -> Cell:
    """The name of a scale, marked when its scoring key was not verified."""
    return heading(marked(scale, labels), indent="." in scale)


def marked(outcome: str, labels: Labels) -> str:
    """An outcome's label, with a dagger when its scoring key was not verified."""
    return labels.words.capital(labels.outcome(outcome)) + ("†" if labels.unverified(outcome) else "")


def _shown(frame: pd.DataFrame | None) -> tuple[list[dict[str, Any]], bool]:
    """The rows of scales that stand alone, and whether rows of subscales were left to the CSV."""
    rows = rows_of(frame)
    totals = {str(r["scale"]) for r in rows if "." not in str(r["scale"])}
    shown = [r for r in rows if _stands_alone(str(r["scale"]), totals)]
    return shown, len(shown) < len(rows)


def descriptives_table(descriptives: pd.DataFrame | None, labels: Labels) -> Table:
    """Mean, SD and quartiles of every scale per wave and arm, with the range the scale can have."""
    words, study = labels.words, labels.study
    refuse_small(descriptives, "descriptives", "n", MOMENTS, study.min_cell_size)
    found, left_out = _shown(descriptives)
    rows, strong, seen = [], [], None
    for row in found:
        if row["scale"] != seen:
            seen = row["scale"]
            strong.append(len(rows))
        cells = [scale_cell(str(row["scale"]), labels), text(labels.wave(row["wave"]))]
        arm = row.get("arm")
        if study.arms:
            cells.append(text(labels.arm("" if not _there(arm) else str(arm))))
        cells.append(count(row["n"], words))
        off = flagged(row)
        cells += [number(row.get(k), words, suppressed=off) for k in MOMENTS]
        low, high = (
            f"{float(row[k]):g}".replace(".", words.number(0.5, 1)[1]) for k in ("score_min", "score_max")
        )
        cells.append(text(words("number.span", low=low, high=high)))
        rows.append(cells)
    keys = ["scale", "wave", *(["group"] if study.arms else []), "persons", *MOMENTS, "range"]
    columns = [words("flow.group") if k == "group" else words(f"measurement.{k}") for k in keys]
    notes = ([words("measurement.note_subscales")] if left_out else []) + _notes(rows, labels)
    if any(labels.unverified(str(r["scale"])) for r in found):
        notes.append(words("table.unverified_note"))
    return build_table(
        "descriptives", words("measurement.descriptives"), columns, rows, notes, "descriptives.csv", strong
    )


def items_table(items: pd.DataFrame | None, labels: Labels) -> Table:
    """Every item: answers, mean, share at either end, item-rest correlation, alpha without it."""
    words = labels.words
    values = ("mean", "sd", "floor_share", "ceiling_share", "item_rest", "alpha_if_dropped")
    refuse_small(items, "items", "n", values, labels.study.min_cell_size)
    rows, strong, seen = [], [], None
    found, left_out = _shown(items)
    for row in found:
        if (row["scale"], row["wave"]) != seen:
            seen = (row["scale"], row["wave"])
            strong.append(len(rows))
        off = flagged(row)
        question = row.get("sign_question") is True or str(row.get("sign_question")).lower() == "true"
        rows.append(
            [
                scale_cell(str(row["scale"]), labels),
                text(labels.wave(row["wave"])),
                text(str(row["item"]) + ("‡" if question else "")),
                count(row["n"], words),
                count(row["missing"], words),
                number(row["mean"], words, suppressed=off),
                number(row["sd"], words, suppressed=off),
                *(hidden(words) if off else text(words.percent(row[k]), True) for k in values[2:4]),
                number(row["item_rest"], words, suppressed=off),
                number(row["alpha_if_dropped"], words, suppressed=off),
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
    notes = ([words("measurement.note_subscales")] if left_out else []) + _notes(rows, labels)
    if any("‡" in r[2].text for r in rows):
        notes.append(words("measurement.sign_note"))
    if any("†" in r[0].text for r in rows):
        notes.append(words("table.unverified_note"))
    columns = [words(f"measurement.{k}") for k in keys]
    return build_table("items", words("measurement.items_caption"), columns, rows, notes, "items.csv", strong)


def _notes(rows: list[list[Cell]], labels: Labels) -> list[str]:
    words, minimum = labels.words, labels.study.min_cell_size
    notes = []
    if any(c.text.strip() == "–" for r in rows for c in r):
        notes.append(words("table.missing_note"))
    if any(c.suppressed for r in rows for c in r):
        notes.append(words("table.suppressed_note", minimum=minimum))
    if any(c.text.strip().startswith("<") for r in rows for c in r):
        notes.append(words("table.small_note", minimum=minimum))
    return notes


def _there(value: Any) -> bool:
    return value is not None and value == value
