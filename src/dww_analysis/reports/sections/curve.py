"""How much hangs on choices: what every combination gave, in sentences, a figure and a table for each outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.language import Words, decimals_for
from dww_analysis.language.choices import absent_points, choice_name, option_name, varied
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, heading, hidden, interval, nothing, number, text
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import Table, build_table, counted, flagged, refuse_small, rows_of, truth

Row = Mapping[str, Any]


def curve_blocks(
    tables: Mapping[str, pd.DataFrame],
    headlines: pd.DataFrame,
    figures: Sequence[FigureRecord],
    labels: Labels,
) -> list[Block]:
    """What was varied, and a block for each outcome; nothing where the plan varies nothing.

    tables: "curve", a row for each combination of choices, and "curve_test". DisclosureError where an estimate rests
    on, or differs by, fewer persons than the study's minimum.
    """
    points = tables.get("curve")
    for persons in ("n_persons", "n_apart"):
        refuse_small(_counted(points, persons), "curve", persons, ("estimate",), labels.study.min_cell_size)
    if points is None or points.empty:
        return []
    tests = {r["entry"]: r for r in rows_of(tables.get("curve_test")) if not flagged(r)}
    parts = []
    for entry in headlines.to_dict("records"):
        own = points[points["entry"] == entry["entry"]]
        if len(own):
            drawn = [f for f in figures if f.kind == "curve" and f.name == f"curve-{entry['entry']}"]
            parts.append(_entry_block(entry, own, tests.get(entry["entry"]), drawn, labels))
    return [block(sentences=[_intro(points, labels)]), *parts]


def _counted(points: pd.DataFrame | None, persons: str) -> pd.DataFrame | None:
    """Rows that say how many persons they are about; zero is a point that differs from no other."""
    return None if points is None else points[pd.to_numeric(points[persons]) > 0]


def _intro(points: pd.DataFrame, labels: Labels) -> str:
    choices = varied(points[points["kind"] == "choices"])
    if not choices:
        return labels.words("curve.intro_units")
    return labels.words("curve.intro", choices=labels.words.listing(choice_name(c, labels) for c in choices))


def _entry_block(
    entry: Row, points: pd.DataFrame, test: Row | None, figures: Sequence[FigureRecord], labels: Labels
) -> Block:
    words, label = labels.words, labels.words.capital(str(entry["label"]))
    choices, units = (points[points["kind"] == kind] for kind in ("choices", "unit"))
    sentences = said_of(choices, units, test, labels)
    tables = []
    if len(choices) > 1:
        tables.append(_choices_table(entry, choices, words("curve.table", label=label), labels))
    if len(units):
        tables.append(_units_table(entry, units, words("curve.units_table", label=label), labels))
    return block(label, sentences=sentences, figures=figures, folded=[fold(t.caption, t) for t in tables])


def said_of(choices: pd.DataFrame, units: pd.DataFrame, test: Row | None, labels: Labels) -> list[str]:
    """The finding in words; points that are hidden or could not be estimated are counted. choices: rows of one entry
    that vary choices; units: those that leave a unit out; test: of all choices together, None where it was not
    made."""
    words, own = labels.words, choices[choices["registered"].astype(bool)]
    planned = next((r for r in own.to_dict("records") if np.isfinite(r["estimate"])), None)
    said = []
    if planned is not None:
        shown, decimals = choices["estimate"].dropna(), decimals_for(planned["std_error"])
        if len(choices) > 1:
            said += [_span(planned, shown, words), _most(choices, decimals, labels)]
            said.append(_test(test, choices, words) if test is not None else "")
        if units["estimate"].notna().any():
            low, high = (
                words.number(v, decimals) for v in (units["estimate"].min(), units["estimate"].max())
            )
            said.append(words("curve.without_units", low=low, high=high))
    absent = absent_points(pd.concat([choices, units]))
    return [*said, *(words.many(f"curve.{phrase}", n) for phrase, n in absent.items())]


def _span(planned: Row, shown: pd.Series, words: Words) -> str:
    decimals = decimals_for(planned["std_error"])
    low, high, median = (words.number(v, decimals) for v in (shown.min(), shown.max(), shown.median()))
    blanks = {"low": low, "high": high, "median": median, "n": words.count(len(shown))}
    side = "same_sign" if (shown > 0).all() or (shown < 0).all() else "both_signs"
    return f"{words('curve.span', estimate=words.estimate(planned), **blanks)} {words(f'curve.{side}')}"


def _most(choices: pd.DataFrame, decimals: int, labels: Labels) -> str:
    """The choice whose options' medians lie furthest apart; nothing where there is no other to compare it with."""
    words = labels.words
    shown = choices[choices["estimate"].notna()]
    medians = {c: shown.groupby(c, sort=False)["estimate"].median() for c in varied(shown)}
    if len(medians) < 2:
        return ""
    if shown["estimate"].nunique() == 1:
        return words("curve.nothing_moves")
    choice = max(medians, key=lambda c: float(medians[c].max() - medians[c].min()))
    values = words.listing(
        words(
            "curve.most_value",
            median=words.number(m, decimals),
            option=option_name(choice, str(option), labels),
        )
        for option, m in medians[choice].items()
    )
    return words("curve.most", choice=choice_name(choice, labels), values=values)


def _test(test: Row, choices: pd.DataFrame, words: Words) -> str:
    key = "curve.test_all" if truth(test["exact"]) else "curve.test_drawn"
    points, n = words.count(test["n_points"]), words.count(test["n_allocations"])
    said = words(key, points=points, n=n, p=words.p_phrase(float(test["p_value"])))
    return f"{said} {words('curve.test_observed')}" if (choices["missing"] == "imputed").any() else said


def _choices_table(entry: Row, choices: pd.DataFrame, caption: str, labels: Labels) -> Table:
    words, made = labels.words, varied(choices)
    found = _by_size(choices)
    rows = [[*_options(r, made, labels), *_estimated(entry, r, words)] for r in found]
    columns = [words("curve.marked"), *(words.capital(choice_name(c, labels)) for c in made)]
    columns += _heads(choices, words)
    notes = [words("curve.note_share")]
    notes += [words("curve.note_covariates")] if "covariates" in made else []
    notes.append(_reasons(found, words))
    strong = [i for i, r in enumerate(found) if truth(r["registered"])]
    notes += cell_notes(rows, labels)
    return build_table(f"curve-{entry['entry']}", caption, columns, rows, notes, "curve.csv", strong)


def _reasons(points: Sequence[Row], words: Words) -> str:
    """Why points could not be estimated, each reason once; "" where all could."""
    reasons = dict.fromkeys(str(r["note"]) for r in points if r["remark"] == "failed" and not flagged(r))
    return words("curve.note_failed", reasons="; ".join(reasons)) if reasons else ""


def _by_size(points: pd.DataFrame) -> list[Row]:
    """By the estimate, those without one (also hidden ones) last."""
    return list(points.sort_values("estimate", kind="stable", na_position="last").to_dict("records"))


def _options(row: Row, choices: Iterable[str], labels: Labels) -> list[Cell]:
    planned = labels.words("curve.planned") if truth(row["registered"]) else ""
    return [heading(planned), *(text(option_name(c, str(row[c]), labels)) for c in choices)]


def _units_table(entry: Row, units: pd.DataFrame, caption: str, labels: Labels) -> Table:
    words = labels.words
    found = _by_size(units)
    rows = [[heading(words.count(i)), *_estimated(entry, r, words)] for i, r in enumerate(found, 1)]
    notes = [words("curve.note_units"), _reasons(found, words), *cell_notes(rows, labels)]
    columns = [words("curve.left_out"), *_heads(units, words)]
    return build_table(f"curve-units-{entry['entry']}", caption, columns, rows, notes, "curve.csv")


def _heads(points: pd.DataFrame, words: Words) -> list[str]:
    levels = points["conf_level"].dropna()
    level = words.level(float(levels.iloc[0])) if len(levels) else ""
    return [words("results.estimate"), level, words("measurement.persons")]


def _estimated(entry: Row, row: Row, words: Words) -> list[Cell]:
    if flagged(row):
        return [hidden()] * 3
    if row["remark"] == "failed":
        return [text(words("curve.failed")), nothing(), nothing()]
    decimals = decimals_for(row["std_error"])
    return [
        number(row["estimate"], decimals),
        interval(row["conf_low"], row["conf_high"], decimals),
        counted(row, "n_persons"),
    ]
