"""A table of cells, the rows of tables as dictionaries, and the last door for statistics of few persons."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from typing import Any, TypeGuard

import pandas as pd

from dww_analysis.domain.estimate import truth
from dww_analysis.errors import DisclosureError
from dww_analysis.language import MINUS, Words
from dww_analysis.language.numbers import BETWEEN_THOUSANDS
from dww_analysis.reports.cells import Cell, count, hidden

FIGURE_SPACE, POINT_SPACE = "\u2007", "\u2008"


@dataclass(frozen=True)
class Table:
    """Rows of cells under column headings, with a caption and notes. `csv` is the file of all its numbers."""

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    csv: str = ""
    strong: frozenset[int] = field(default_factory=frozenset)  # rows that begin a group
    estimates: tuple[str, ...] = ()  # of each row, the id of the estimate it shows

    def __bool__(self) -> bool:
        return bool(self.rows)

    @cached_property
    def numeric(self) -> frozenset[int]:
        """The columns of numbers."""
        return frozenset(j for j in range(len(self.columns)) if any(row[j].numeric for row in self.rows))

    def texts(self, words: Words) -> list[list[str]]:
        """The cells as text, numbers padded so that the decimal marks of a column line up."""
        columns = [[row[j].shown(words) for row in self.rows] for j in range(len(self.columns))]
        shown = [align(c) if j in self.numeric else c for j, c in enumerate(columns)]
        return [list(row) for row in zip(*shown, strict=True)]


def build_table(
    identity: str,
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    notes: Iterable[str] = (),
    csv: str = "",
    strong: Iterable[int] = (),
    estimates: Iterable[str] = (),
) -> Table:
    """A Table of any number of rows; empty notes fall away.

    rows: a Cell for each of `columns`. strong: the indices of rows that begin a group. estimates: of each row the id
    of the estimate it shows, or nothing at all. csv: the published file with all numbers of the table, "" for none.
    """
    return Table(
        id=identity,
        caption=caption,
        columns=tuple(columns),
        rows=tuple(tuple(r) for r in rows),
        notes=tuple(n for n in notes if n),
        csv=csv,
        strong=frozenset(strong),
        estimates=tuple(estimates),
    )


def align(texts: Sequence[str]) -> list[str]:
    """Right-aligned numbers padded behind their decimals to one width; other text is left alone.

    `align(["1,25", "10,5", "3"])` gives the second one figure space behind it, and the third three spaces.
    """
    decimals = [_decimals(t) for t in texts]
    widest = max((d for d in decimals if d is not None), default=0)
    padded = []
    for text, d in zip(texts, decimals, strict=True):
        missing = 0 if d is None else widest - d
        padded.append(text + (POINT_SPACE if missing and d == 0 else "") + FIGURE_SPACE * missing)
    return padded


def _decimals(text: str) -> int | None:
    """Decimals of a text that is one number, else None."""
    plain = text.replace("<", "").replace(MINUS, "").replace(BETWEEN_THOUSANDS, "").strip()
    for mark in ",.":
        whole, found, fraction = plain.partition(mark)
        if found and fraction.isdigit() and (whole.isdigit() or not whole):
            return len(fraction)
    return 0 if plain.isdigit() else None


def rows_of(frame: pd.DataFrame | None) -> list[dict[str, Any]]:
    """The rows of a table as dictionaries; none when there is no table."""
    return [] if frame is None or frame.empty else frame.to_dict("records")


def arm_of(row: Mapping[str, Any]) -> str:
    """The arm a row is of; "" where it is of all together."""
    arm = row.get("arm")
    return "" if arm is None or arm != arm or arm in ("all", "total") else str(arm)


def first_of_each(values: Iterable[Any]) -> list[int]:
    """Numbers of the rows at which a value differs from the one before: where a new group begins."""
    found = list(values)
    return [i for i, value in enumerate(found) if not i or value != found[i - 1]]


def flagged(row: Mapping[str, Any]) -> bool:
    """Whether a row says it was suppressed."""
    return truth(row.get("suppressed")) is True


def hides(row: Mapping[str, Any], name: str) -> bool:
    """Whether a row says that it, or the cell in this column, was suppressed."""
    return flagged(row) or name in str(row.get("suppressed_columns") or "").split("; ")


def cell_of(row: Mapping[str, Any], name: str, write: Callable[[Any], Cell]) -> Cell:
    """What `write` makes of a number in a row, or the mark where the row or its cell in this column was suppressed."""
    return hidden() if hides(row, name) else write(row.get(name))


def counted(row: Mapping[str, Any], name: str) -> Cell:
    """A count of persons or units, which a row keeps of which the answers alone are hidden; the mark where it is hidden
    as well."""
    value = row.get(name)
    gone = value is None or value != value or value == ""
    return hidden() if gone and hides(row, name) else count(value)


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a cell of a table holds a finite number: no text, not None or NaN."""
    return isinstance(value, Real) and math.isfinite(value)


def refuse_small(
    frame: pd.DataFrame | None, name: str, n_column: str, value_columns: Sequence[str], minimum: int
) -> None:
    """Raise DisclosureError when a statistic of fewer than `minimum` persons is still in a table.

    Suppression happens before a table gets here; this is the last door. A count that is text (`<8`) or absent must
    have no statistics beside it either.
    """
    if frame is None or frame.empty or n_column not in frame:
        return
    n = pd.to_numeric(frame[n_column], errors="coerce")
    as_text = frame[n_column].astype(str).str.strip().str.startswith("<")
    present = frame[[c for c in value_columns if c in frame]].notna().any(axis=1)
    found = int((present & ((n < minimum) | as_text)).sum())
    if found:
        raise DisclosureError.of(
            found=f"{found} row(s) with statistics of fewer than {minimum} persons",
            where=f"table {name}, column {n_column}",
            expected="such rows suppressed before they reach a report",
            action="put the table through disclosure control first",
        )
