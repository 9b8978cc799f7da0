"""Tables for a notebook: markup that a screen reader can read, on light and dark pages, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

MOST_ROWS = 60  # of a table; the caption says how many there are
SMALL_P = 0.001
ONE_LINE = 40  # characters that are kept together
TABLE = "border-collapse: collapse; font-variant-numeric: tabular-nums"
CELL = "padding: .15em .6em; border-bottom: 1px solid rgb(128 128 128 / .4); vertical-align: baseline"


class Table(pd.DataFrame):
    """A data frame that shows itself with a caption and headings; what is computed from it is a plain data frame."""

    _metadata = ["caption"]

    @classmethod
    def of(cls, frame: pd.DataFrame, caption: str) -> Table:
        """The frame as a Table with a caption, its rows and columns as they are."""
        table = cls(frame)
        table.caption = caption
        return table

    def _repr_html_(self) -> str:
        return table_markup(self, getattr(self, "caption", "Table"))


def table_markup(frame: pd.DataFrame, caption: str) -> str:
    """A table with a caption and headings: the texts before the first number head their row."""
    shown = frame.head(MOST_ROWS)
    if len(frame) > MOST_ROWS:
        caption += f" (the first {MOST_ROWS} of {len(frame)} rows)"
    numbers = [is_numeric_dtype(t) and not is_bool_dtype(t) for t in shown.dtypes]
    heads = max(1, numbers.index(True) if True in numbers else 1)
    columns = [str(name) for name in shown.columns]
    top = "".join(
        _cell("th", name, right, ' scope="col"') for name, right in zip(columns, numbers, strict=True)
    )
    lines = []
    for row in shown.itertuples(index=False, name=None):
        cells = [_shown(value, name) for value, name in zip(row, columns, strict=True)]
        lines.append(
            "".join(
                _cell("th", text, right, ' scope="row"') if k < heads else _cell("td", text, right)
                for k, (text, right) in enumerate(zip(cells, numbers, strict=True))
            )
        )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return (
        f'<div style="overflow-x: auto" tabindex="0" role="group" aria-label="{escape(caption)}">'
        f'<table style="{TABLE}">'
        f'<caption style="text-align: left; font-weight: bold; padding: .6em">{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(tag: str, text: str, right: bool, scope: str = "") -> str:
    weight = "; font-weight: normal" if "row" in scope else ""
    weight += "; white-space: nowrap" if len(text) <= ONE_LINE else ""
    return f'<{tag}{scope} style="{CELL}; text-align: {"right" if right else "left"}{weight}">{escape(text)}</{tag}>'


def _shown(value: Any, column: str) -> str:
    """A value as text: numbers to four digits, p values to three decimals, nothing for what is missing."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if value is None or value is pd.NA or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return ""
    if isinstance(value, (int, np.integer)):
        return f"{value:d}"
    if not isinstance(value, (float, np.floating)):
        return str(value)
    if column == "p" or column.startswith(("p_", "delta_p")) or column.endswith("_p"):
        return p_text(float(value))
    return number_text(float(value))


def p_text(p: float) -> str:
    """A p to three decimals, or that it is below `SMALL_P`."""
    return f"< {SMALL_P}" if p < SMALL_P else f"{p:.3f}"


def number_text(value: float) -> str:
    """Four digits, or all before the decimal point, without an exponent where it can be read without."""
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == round(value) and abs(value) < 1e15:
        return f"{value:.0f}".replace("-", "−")
    size = int(np.floor(np.log10(abs(value))))
    text = f"{value:.{max(0, 3 - size)}f}" if size >= -5 else f"{value:.3g}"
    return text.replace("-", "−")


def section(title: str, lines: Iterable[str], tables: Iterable[str]) -> str:
    """A heading with sentences and the markup of tables below it; title and lines are escaped, `tables` are HTML
    already."""
    said = "".join(f"<p>{escape(line)}</p>" for line in lines)
    head = f"<p><strong>{escape(title)}</strong></p>"
    return f'<section aria-label="{escape(title)}">{head}{said}{"".join(tables)}</section>'
