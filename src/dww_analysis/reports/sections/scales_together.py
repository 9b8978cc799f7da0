"""How scales go together: correlations with intervals, reliability on the diagonal, mean and SD beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, hidden, nothing, number, text, with_interval
from dww_analysis.reports.sections.measurement import cell_notes, scale_cell, there, yes_no_note
from dww_analysis.reports.tables import Table, arm_of, build_table, cell_of, flagged, refuse_small, rows_of

Row = Mapping[str, Any]
LEVELS = ("persons", "within", "between")


def together_tables(tables: Mapping[str, pd.DataFrame], conf_level: float, labels: Labels) -> list[Table]:
    """A table for each sample, of its first and its last wave, and of each level at which there are correlations:
    scales by scales.

    tables: "scale_correlations", and for the diagonal and the margins "reliability" and "descriptives".
    DisclosureError for a correlation of fewer persons than the study's minimum.
    """
    found = rows_of(tables.get("scale_correlations"))
    minimum = labels.study.min_cell_size
    refuse_small(tables.get("scale_correlations"), "scale_correlations", "n_persons", ("estimate",), minimum)
    made = []
    for sample in dict.fromkeys(str(r["sample"]) for r in found):
        waves = sorted({int(r["wave"]) for r in found if r["sample"] == sample})
        for wave in dict.fromkeys((waves[0], waves[-1])):
            for level in LEVELS:
                own = [r for r in found if (r["sample"], int(r["wave"]), r["level"]) == (sample, wave, level)]
                if own:
                    made.append(_matrix(own, (sample, wave, level), tables, conf_level, labels))
    return made


def _matrix(
    found: Sequence[Row],
    about: tuple[str, int, str],
    tables: Mapping[str, pd.DataFrame],
    conf_level: float,
    labels: Labels,
) -> Table:
    words = labels.words
    sample, wave, level = about
    names = list(dict.fromkeys(str(r[k]) for r in found for k in ("scale_1", "scale_2")))
    names.sort(key=list(labels.scales).index)
    pairs = {frozenset((str(r["scale_1"]), str(r["scale_2"]))): r for r in found}
    measured = {
        kind: {str(r["scale"]): r for r in rows_of(tables.get(kind)) if _same(r, sample, wave)}
        for kind in ("descriptives", "reliability")
    }
    persons = level == "persons"
    rows = []
    for i, name in enumerate(names):
        below = [_pair(pairs.get(frozenset((name, other)))) for other in names[:i]]
        diagonal = _reliability(measured["reliability"].get(name)) if persons else text("1")
        moments = _moments(measured["descriptives"].get(name)) if persons else []
        rows.append(
            [scale_cell(name, labels), *moments, *below, diagonal, *[text("")] * (len(names) - i - 1)]
        )
    columns = [words("together.scale"), *([words("together.mean"), words("together.sd")] if persons else [])]
    columns += [str(i + 1) for i in range(len(names))]
    several = len(labels.study.samples) > 1
    where = labels.wave(wave) + (f", {labels.sample(sample)}" if several else "")
    caption = words.capital(words(f"together.caption.{level}", where=where))
    level_name = words.level(conf_level)
    notes = [
        words(f"together.note.{level}", level=level_name, **_counts(found, words)),
        *(yes_no_note(names, "table.yes_no_mean_note", labels) if persons else []),
        *cell_notes(rows, labels),
    ]
    if any(c.marked("†") for row in rows for c in row):
        notes.append(words("table.unverified_note"))
    return build_table(
        f"together-{sample}-{wave}-{level}",
        caption,
        columns,
        _numbered(rows),
        notes,
        "scale_correlations.csv",
    )


def _numbered(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """The rows with the number of its column before each scale."""
    return [[Cell(f"{i}. {row[0].value}", heading=True), *row[1:]] for i, row in enumerate(rows, start=1)]


def _same(row: Row, sample: str, wave: int) -> bool:
    return bool(row["sample"] == sample and int(row["wave"]) == wave and not arm_of(row))


def _pair(row: Row | None) -> Cell:
    if row is None:
        return nothing()
    if flagged(row):
        return hidden()
    return with_interval(row["estimate"], row["conf_low"], row["conf_high"])


def _reliability(row: Row | None) -> Cell:
    """Omega in brackets as a text of its own kind: no correlation; a dash for one item."""
    if row is None:
        return nothing()
    if flagged(row):
        return hidden()
    return next((number(row[n]) for n in ("omega", "alpha") if there(row.get(n))), nothing())


def _moments(row: Row | None) -> list[Cell]:
    if row is None:
        return [nothing(), nothing()]
    return [cell_of(row, name, number) for name in ("mean", "sd")]


def _counts(found: Sequence[Row], words: Any) -> dict[str, str]:
    """The fewest and most persons, and the teams, that the correlations rest on."""

    def shown(name: str) -> str:
        numbers = [float(r[name]) for r in found if there(r.get(name)) and not isinstance(r[name], str)]
        if not numbers:
            return "–"
        low, high = words.count(min(numbers)), words.count(max(numbers))
        return low if low == high else str(words("number.span", low=low, high=high))

    return {"persons": shown("n_persons"), "teams": shown("n_teams")}
