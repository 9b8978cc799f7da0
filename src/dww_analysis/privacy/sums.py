"""Which rows of a declared table still give away what is hidden, and what to hide next.

The rows of a table that add up (`domain.tables.AddsUp`) are linear statements about one measure: a count of persons, or
the sum of their answers. With those that are shown known and those that are hidden unknown, a hidden part leaks when

* the hidden parts of a shown total are fewer persons together than the minimum (their total follows exactly), or
* a hidden count can only have fewer values than the minimum, or
* the sum of so few persons' answers is known to less than half of the range it could have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.tables import AddsUp, Table
from dww_analysis.privacy.linear import Statement, bounds, exactly

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Measure:
    """One additive measure over the rows of a table: `value` and its possible range, and persons behind each row."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    persons: NDArray[np.float64]
    least_width: NDArray[np.float64]  # a hidden value must keep a range at least this wide


@dataclass(frozen=True, eq=False)
class Equation:
    """Rows `parts` add up to row `total`, or where it is None to a number known anyway: `known`, or their sum."""

    parts: NDArray[np.int_]
    total: int | None
    known: float | None = None


def count_measure(frame: pd.DataFrame, name: str, minimum: int) -> Measure:
    """The counts in column `name`."""
    value = np.nan_to_num(
        pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    )
    top = np.full(len(value), value.sum())
    return Measure(value, np.zeros(len(value)), top, value, np.full(len(value), float(minimum - 1)))


def answer_measure(frame: pd.DataFrame, count: str) -> Measure:
    """Sums of answers: persons times a mean in the scale's range, halfway it where range or mean is not known.

    count: the column of persons. Of the frame also score_min, score_max and mean are read, where they are all there;
    else a range of 0 to 1.
    """
    persons = np.nan_to_num(pd.to_numeric(frame[count]).to_numpy(dtype="float64", na_value=np.nan))
    low, high, mean = np.zeros(len(frame)), np.ones(len(frame)), np.full(len(frame), 0.5)
    if {"score_min", "score_max", "mean"} <= set(frame.columns):
        low, high = (frame[c].to_numpy(dtype="float64") for c in ("score_min", "score_max"))
        known = frame["mean"].to_numpy(dtype="float64", na_value=np.nan)
        mean = np.where(np.isnan(known), (low + high) / 2, known)
    return Measure(persons * mean, persons * low, persons * high, persons, persons * (high - low) / 2)


def parts_and_totals(
    frame: pd.DataFrame, rule: AddsUp
) -> Iterator[tuple[NDArray[np.int_], NDArray[np.int_]]]:
    """Rows that are parts, and the rows that are their totals, of each group that a rule speaks of."""
    is_total = named(frame, rule.over, rule.total) if rule.total is not None else np.zeros(len(frame), bool)
    is_part = ~is_total & (named(frame, *rule.parts) if rule.parts is not None else np.ones(len(frame), bool))
    for rows in frame.groupby(list(rule.within), dropna=False, sort=False).indices.values():
        yield rows[is_part[rows]], rows[is_total[rows]]


def named(frame: pd.DataFrame, column: str, value: str) -> Mask:
    """Rows with that text in a column, a mask of the rows; an absent value is the empty text."""
    return np.asarray(frame[column].astype("object").where(frame[column].notna(), "") == value)


def equations(frame: pd.DataFrame, rules: list[AddsUp]) -> Iterator[Equation]:
    """What adds up to what, by the declared rules: rows that are parts, the row that is their total, or the column
    it stands in. Rules whose total is not shown give none."""
    for rule in rules:
        for parts, totals in parts_and_totals(frame, rule):
            if rule.total is not None and not len(totals):
                continue  # no total is shown
            if len(parts):
                total = int(totals[0]) if len(totals) else None
                yield Equation(parts, total, total_elsewhere(frame, rule, parts))


def total_elsewhere(frame: pd.DataFrame, rule: AddsUp, parts: NDArray[np.int_]) -> float | None:
    """The total of parts that stands in a row of its own (`AddsUp.total_in`); None where none is shown."""
    rows = rows_elsewhere(frame, rule, parts)
    if rule.total_in is None or not rows.any():
        return None
    found = pd.to_numeric(frame.loc[rows, rule.total_in[0]]).dropna()
    return float(found.iloc[0]) if len(found) else None


def rows_elsewhere(frame: pd.DataFrame, rule: AddsUp, parts: NDArray[np.int_]) -> Mask:
    """The rows that hold the total of parts in a column of their own."""
    if rule.total_in is None or not len(parts):
        return np.zeros(len(frame), dtype=bool)
    alike = np.asarray(frame[rule.total_in[1]].eq(True).fillna(False), dtype=bool)
    for name in rule.within:
        alike = alike & np.asarray(frame[name] == frame[name].iloc[parts[0]], dtype=bool)
    return alike


def leaks(
    found: list[Equation], measure: Measure, hidden: Mask, sensitive: Mask, minimum: int
) -> list[Equation]:
    """The equations from which too much about a hidden part follows. hidden, sensitive: masks of rows."""
    touched = [e for e in found if hidden[e.parts].any() or (e.total is not None and hidden[e.total])]
    unsafe = [e for e in touched if _few_together(e, measure, hidden, minimum)]
    pinned = _pinned(touched, measure, hidden, sensitive)
    return [e for e in touched if e in unsafe or pinned & set(e.parts.tolist())]


def _few_together(equation: Equation, measure: Measure, hidden: Mask, minimum: int) -> bool:
    if equation.total is not None and hidden[equation.total]:
        return False
    gone = hidden[equation.parts]
    together = [measure.persons[equation.parts][gone].sum()]
    if equation.known is not None and gone.any():
        together.append(equation.known - measure.persons[equation.parts][~gone].sum())
    return any(0 < persons < minimum for persons in together)


def _pinned(touched: list[Equation], measure: Measure, hidden: Mask, sensitive: Mask) -> set[int]:
    """Rows whose hidden value is left too narrow a range."""
    wanted = sorted({int(i) for e in touched for i in e.parts if hidden[i] and sensitive[i]})
    if not wanted:
        return set()
    statements: list[Statement] = []
    limits: dict[int, tuple[float, float]] = {}
    for equation in touched:
        statement = _statement(equation, measure, hidden)
        if statement is not None:
            statements.append(statement)
            limits |= {i: (measure.low[i], measure.high[i]) for i in statement.cells}
    limits |= {i: (measure.low[i], measure.high[i]) for i in wanted if i not in limits}
    found = bounds(statements, limits, wanted)
    return {i for i, (low, high) in found.items() if not high - low >= measure.least_width[i] * (1 - 1e-6)}


def _statement(equation: Equation, measure: Measure, hidden: Mask) -> Statement | None:
    cells = {int(i): 1.0 for i in equation.parts if hidden[i]}
    known = measure.value[equation.parts][~hidden[equation.parts]].sum()
    if equation.total is None:
        value = measure.value[equation.parts].sum() if equation.known is None else equation.known
    elif hidden[equation.total]:
        cells[equation.total], value = -1.0, 0.0
    else:
        value = measure.value[equation.total]
    return exactly(cells, value - known) if cells else None


def next_to_hide(found: list[Equation], unsafe: list[Equation], measure: Measure, hidden: Mask) -> int | None:
    """The shown row that protects most: in most equations with something hidden, then a part, then the smallest.

    Looked for in the unsafe equations and in those that share a hidden row with them. None when all is hidden.
    """
    joined = {int(i) for e in unsafe for i in _rows(e) if hidden[i]}
    near = [e for e in found if joined & set(_rows(e))]
    candidates = {i for e in near for i in _rows(e) if not hidden[i] and measure.persons[i] > 0}
    if not candidates:
        return None
    totals = {e.total for e in found}
    closes = {i: sum(i in _rows(e) and bool(hidden[_rows(e)].any()) for e in found) for i in candidates}
    return min(candidates, key=lambda i: (i in totals, -closes[i], measure.persons[i], i))


def _rows(equation: Equation) -> list[int]:
    return [*map(int, equation.parts), *([] if equation.total is None else [equation.total])]


def completed(frame: pd.DataFrame, table: Table, column: str, hidden: Mask, minimum: int) -> Mask:
    """`hidden` extended until nothing hidden follows: of the counts in `column`, or ("") of the sums of answers."""
    rules = [r for r in table.adds_up if (column in r.counts if column else r.values)]
    if not rules or not hidden.any():
        return hidden
    measure = count_measure(frame, column, minimum) if column else answer_measure(frame, rules[0].counts[0])
    found = list(equations(frame, rules))
    result = hidden & (measure.persons > 0)
    sensitive = result & (measure.persons < minimum)
    while unsafe := leaks(found, measure, result, sensitive, minimum):
        more = next_to_hide(found, unsafe, measure, result)
        if more is None:
            break
        result[more] = True
    return hidden | result
