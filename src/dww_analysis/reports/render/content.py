"""Blocks as plain data: what a layout on paper is filled with. Every cell is text in one language already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dww_analysis.language import Words
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.cells import Cell
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.render.widths import on_one_line, printed_texts
from dww_analysis.reports.tables import Table

HELD = re.compile(r"\d[\d.,]* ?%(?:-BI| CI)|p [=<>] [\d.,]*\d")  # a number and its sign, on one line
UNBROKEN = 9  # letters of a word in a heading that is not broken


@dataclass
class Numbered:
    """How many tables and figures a document has so far: hand the same one to each call of a document."""

    tables: int = 0
    figures: int = 0


def blocks_content(
    blocks: Iterable[Block], words: Words, seen: Numbered | None = None
) -> list[dict[str, Any]]:
    """Blocks in the order of reading, each a mapping of plain values; tables and figures are numbered through. Empty
    ones fall away. seen: the numbers that were given before, where a document has several lists of blocks; None
    begins at 1."""
    seen = seen or Numbered()
    return [_block(b, words, seen) for b in blocks if b]


def _block(block: Block, words: Words, seen: Numbered) -> dict[str, Any]:
    return {
        "heading": block.title,
        "sentences": [held(s) for s in block.sentences],
        "points": [held(p) for p in block.points],
        "figures": [_figure(f, words, seen) for f in block.figures],
        "tables": [_table(t, words, seen) for t in block.tables if t],
        "folded": blocks_content(block.folded, words, seen),
    }


def picture(svg: str, alt: str) -> dict[str, str]:
    """An SVG as part of content: with text as text, without what belongs to the file it was; `picture` shows it."""
    text = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.S)
    return {"svg": re.sub(r"<!--.*?-->", "", text, flags=re.S), "alt": alt}


def texts_of(content: Any) -> Iterator[str]:
    """Every text of a document's content, in order, from mappings and lists at any depth: what a search of a document
    is laid over, before it is compiled. Numbers and None give nothing."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for inner in content.values():
            yield from texts_of(inner)
    elif isinstance(content, list | tuple):
        for inner in content:
            yield from texts_of(inner)


def held(text: str) -> str:
    """A text in which a number stays on one line with its sign: `95 % CI`, `p = .015`."""
    return HELD.sub(lambda found: found[0].replace(" ", "\u00a0"), text)


def _figure(figure: FigureRecord, words: Words, seen: Numbered) -> dict[str, Any]:
    seen.figures += 1
    return {
        "title": figure.title,
        "subtitle": figure.subtitle,
        "picture": picture(figure.svg, figure.alt),
        "caption": f"{words('figure.number', n=seen.figures)} {figure.caption}",
    }


def _table(table: Table, words: Words, seen: Numbered) -> dict[str, Any]:
    seen.tables += 1
    texts = printed_texts(table, words)
    names = list(map(on_one_line, table.columns))
    columns = [[row[j] for row in texts] for j in range(len(names))]
    return {
        "caption": f"{words('table.number', n=seen.tables)} {table.caption}",
        "columns": names,
        "numeric": sorted(table.numeric),
        "least": [
            [_least(name), _longest(w for text in c for w in text.split(" "))]
            for name, c in zip(names, columns, strict=True)
        ],
        "most": [[name, _longest(c)] for name, c in zip(names, columns, strict=True)],
        "rows": [
            [_cell(c, text) for c, text in zip(row, shown, strict=True)]
            for row, shown in zip(table.rows, texts, strict=True)
        ],
        "strong": sorted(table.strong),
        "notes": list(table.notes),
    }


def _least(heading: str) -> str:
    """What of a column's heading must fit on one line: its longest word, of a long one what hyphens leave of it."""
    word = _longest(heading.split(" "))
    return word if len(word) <= UNBROKEN else word[: max(UNBROKEN, len(word) * 3 // 5)] + "-"


def _longest(texts: Iterable[str]) -> str:
    return max(texts, key=len, default="")


def _cell(cell: Cell, text: str) -> dict[str, Any]:
    return {"text": text, "heading": cell.heading, "indent": cell.indent}
