"""A table as the page shows it: cells that are already text, numbers padded so that decimal marks line up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from dww_analysis.domain.estimate import truth
from dww_analysis.errors import DisclosureError
from dww_analysis.language import Words

FIGURE_SPACE, POINT_SPACE = "\u2007", "\u2008"


@dataclass(frozen=True)
class Cell:
    """One cell. `heading` cells name their row; `badges` are (kind, text) pairs."""

    text: str
    numeric: bool = False
    heading: bool = False
    suppressed: bool = False
    indent: bool = False
    badges: tuple[tuple[str, str], ...] = ()


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
    numeric: frozenset[int] = field(default_factory=frozenset)  # columns of numbers
    estimates: tuple[str, ...] = ()  # of each row, the id of the estimate it shows

    def __bool__(self) -> bool:
        return bool(self.rows)


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
    """A table whose numeric columns line up at the decimal mark; empty notes fall away."""
    cells = [list(row) for row in rows]
    numeric = set()
    for j in range(len(columns)):
        column = [row[j] for row in cells]
        if any(c.numeric for c in column):
            numeric.add(j)
            for row, text in zip(cells, align([c.text for c in column]), strict=True):
                row[j] = _with_text(row[j], text)
    return Table(
        id=identity,
        caption=caption,
        columns=tuple(columns),
        rows=tuple(tuple(r) for r in cells),
        notes=tuple(n for n in notes if n),
        csv=csv,
        strong=frozenset(strong),
        numeric=frozenset(numeric),
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
    plain = text.replace("<", "").replace("−", "").strip()
    for mark in ",.":
        whole, found, fraction = plain.partition(mark)
        if found and fraction.isdigit() and (whole.isdigit() or not whole):
            return len(fraction)
    return 0 if plain.isdigit() else None


def _with_text(cell: Cell, text: str) -> Cell:
    return replace(cell, text=text)


def heading(text: str, **more: Any) -> Cell:
    """The cell that names a row."""
    return Cell(text, heading=True, **more)


def number(value: Any, words: Words, decimals: int = 2, suppressed: bool = False) -> Cell:
    """A number, a dash when it does not exist, or the mark of a suppressed one."""
    if suppressed:
        return hidden(words)
    return Cell(words.number(_float(value), decimals), numeric=True)


def count(value: Any, words: Words) -> Cell:
    """A whole number; text such as `<8` stays."""
    if isinstance(value, str) and not _is_number(value):
        return Cell(value, numeric=True)
    return Cell(words.count(_float(value)), numeric=True)


def text(value: Any, numeric: bool = False) -> Cell:
    """A cell of text."""
    return Cell(str(value), numeric=numeric)


def hidden(words: Words) -> Cell:
    """The mark of a number that is not shown because too few persons are behind it."""
    return Cell(words("table.suppressed_mark"), numeric=True, suppressed=True)


def with_interval(value: Any, low: Any, high: Any, words: Words, decimals: int = 2) -> Cell:
    """`0,84 [0,81; 0,87]`, without the bracket when there is no interval."""
    shown = words.number(_float(value), decimals)
    low, high = _float(low), _float(high)
    if math.isfinite(low) and math.isfinite(high):
        shown += f" {words.bracket(low, high, decimals)}"
    return Cell(shown, numeric=True)


def _float(value: Any) -> float:
    try:
        return math.nan if value is None else float(value)
    except (TypeError, ValueError):
        return math.nan


def _is_number(value: str) -> bool:
    return math.isfinite(_float(value))


def rows_of(frame: pd.DataFrame | None) -> list[dict[str, Any]]:
    """The rows of a table as dictionaries; none when there is no table."""
    return [] if frame is None or frame.empty else frame.to_dict("records")


def flagged(row: dict[str, Any]) -> bool:
    """Whether a row says it was suppressed."""
    return truth(row.get("suppressed")) is True


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
            f"{found} row(s) with statistics of fewer than {minimum} persons",
            f"table {name}, column {n_column}",
            "such rows suppressed before they reach a report",
            "put the table through disclosure control first",
        )
