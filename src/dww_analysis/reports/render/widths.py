"""How wide the columns of a table have to be on paper: no word is broken, and what has much to say gets more.

Words are measured in an average letter. A table of many columns is set smaller, so that its longest words fit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dww_analysis.language import Words
from dww_analysis.reports.cells import Cell
from dww_analysis.reports.tables import Table

LETTERS = 104  # of a line over the whole width, at SIZE_OF_TEXT
SIZE_OF_TEXT = 0.85  # of a table, beside the text around it
SMALLEST = 0.6
PADDING = 1.5  # letters between columns
BOLD = 1.14  # how much wider a bold letter is
MOST = 45  # letters of a cell after which more room is not asked for
BREAKS = re.compile(r"[ \n\u00ad]+")
NO_BREAK = "\u00a0"
SHORT = 14  # letters of a number with its bracket that stay on one line
BRACKET = re.compile(r"\[[^\]]*\]")


def widths_of(table: Table, texts: Sequence[Sequence[str]]) -> tuple[list[float], float]:
    """Share of the width for each column, adding up to 1, and the size of the text beside that of a line.

    texts: the cells as text. A column is at least as wide as its longest word; what is left is divided by how much
    longer its texts are.
    """
    columns = [[on_one_line(head), *(row[j] for row in texts)] for j, head in enumerate(table.columns)]
    strong = [{i for i in table.strong if table.rows[i][j].heading} for j in range(len(columns))]
    least = [_longest(c, bold, word=True) + PADDING for c, bold in zip(columns, strong, strict=True)]
    wished = [
        min(_longest(c, bold, word=False), MOST) + PADDING for c, bold in zip(columns, strong, strict=True)
    ]
    room = max(float(LETTERS), sum(least))
    size = max(SMALLEST, SIZE_OF_TEXT * LETTERS / room)
    more = [max(w - n, 0.0) for w, n in zip(wished, least, strict=True)]
    spare = room - sum(least)
    widths = [
        n + spare * (m / sum(more) if sum(more) else 1 / len(least)) for n, m in zip(least, more, strict=True)
    ]
    return [w / sum(widths) for w in widths], size


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


def _longest(texts: Sequence[str], bold: set[int], *, word: bool) -> float:
    """The longest word, or the longest whole text, of a column; the first text is its heading."""
    found = 1.0
    for i, text in enumerate(texts, start=-1):
        parts = BREAKS.split(text) if word else [text]
        longest = max((len(p) for p in parts), default=0)
        found = max(found, longest * (BOLD if i < 0 or i in bold else 1.0))
    return found
