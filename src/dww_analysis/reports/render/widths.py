"""How wide the columns of a table have to be in Word: no word is broken, and what has much to say gets more.

Words are measured in the font of figures, which is wider than that of the document by nearly the same for every word. A
table of many columns is set smaller, so that its longest words fit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dww_analysis.language import Words
from dww_analysis.reports.cells import Cell
from dww_analysis.reports.render.fonts import width
from dww_analysis.reports.tables import Table

TEXT_WIDTH = 493.2  # points: 17.4 cm
SIZES = (9.5, 5.5)  # points: of the text of a table, and the smallest
MANY, OF_MANY = 8, 8.0  # columns, and the size of the text of a table that has more
PADDING = 6.6  # points between columns, whatever the size of the text
NARROWER = 0.93  # how wide a word of Arial is beside one of DejaVu Sans, at most
MOST = 24.0  # sizes of the text that a cell is wide, after which more room is not asked for
INDENT = "\u2003"
BREAKS = re.compile(r"[ \n\u00ad]+")
NO_BREAK = "\u00a0"
SHORT = 14  # letters of a number with its bracket that stay on one line
BRACKET = re.compile(r"\[[^\]]*\]")


def widths_of(table: Table, texts: Sequence[Sequence[str]]) -> tuple[list[float], float]:
    """Share of the width of the page for each column, and the size of the text in points.

    texts: the cells as text. Where there is room every text has its line, and shares add up to less than 1. Else a
    column is at least as wide as its longest word, and what is left is divided by how much longer its texts are.
    """
    columns = [
        [(on_one_line(head), True), *(_of_cell(table, i, j, row[j]) for i, row in enumerate(texts))]
        for j, head in enumerate(table.columns)
    ]
    least = [_longest(c, word=True) for c in columns]
    whole = [_longest(c, word=False) for c in columns]
    room = TEXT_WIDTH - PADDING * len(columns)
    largest = OF_MANY if len(columns) > MANY else SIZES[0]
    if sum(whole) * largest <= room:
        return [(w * largest + PADDING) / TEXT_WIDTH for w in whole], largest
    wished = [min(w, max(MOST, n)) for w, n in zip(whole, least, strict=True)]
    size = min(largest, max(SIZES[1], room / sum(least)))
    spare = max(room / size - sum(least), 0.0)
    more = [w - n for w, n in zip(wished, least, strict=True)]
    shared = [m / sum(more) if sum(more) else 1 / len(least) for m in more]
    widths = [(n + spare * m) * size + PADDING for n, m in zip(least, shared, strict=True)]
    return [w / sum(widths) for w in widths], size


def _of_cell(table: Table, i: int, j: int, text: str) -> tuple[str, bool]:
    """A text with its indent, and whether it is bold."""
    cell = table.rows[i][j]
    return (INDENT + text if cell.indent else text), cell.heading and i in table.strong


def printed_texts(table: Table, words: Words) -> list[list[str]]:
    """The cells as they are printed, in the rows and columns of the table: badges as words, intervals and short
    numbers on one line."""

    def printed(cell: Cell, text: str, numeric: bool) -> str:
        if cell.badges:
            return ", ".join(said for _, said in cell.badges)
        if numeric and len(text.strip()) <= SHORT:
            return text.replace(" ", NO_BREAK)
        return on_one_line(text)

    return [
        [printed(c, text, j in table.numeric) for j, (c, text) in enumerate(zip(row, texts, strict=True))]
        for row, texts in zip(table.rows, table.texts(words), strict=True)
    ]


def on_one_line(text: str) -> str:
    """A text in which what stands between square brackets is not broken."""
    return BRACKET.sub(lambda found: found[0].replace(" ", NO_BREAK).replace("-", "\u2011"), text)


def _longest(texts: Sequence[tuple[str, bool]], *, word: bool) -> float:
    """How wide the longest word, or the longest whole text, of a column is, in sizes of the text. texts: each with
    whether it is bold."""
    found = 1.0
    for text, bold in texts:
        parts = BREAKS.split(text) if word else [text]
        found = max(found, *(NARROWER * width(part, 1.0, bold) for part in parts))
    return found
