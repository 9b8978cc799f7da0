"""Tables as files to take along: one workbook of a table in all languages, and a Word document in each.

Each says of itself from which study and version it is, which table, and the ids of its results. Only what a page prints
gets in: what is hidden there is hidden here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import pandas as pd

from dww_analysis.language import Words, half_up
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.cells import Cell
from dww_analysis.reports.documents.article_page import OnPage
from dww_analysis.reports.render.xlsx import Sheet, workbook_bytes
from dww_analysis.reports.tables import Table

FOLDER = "tables"
ONE_NUMBER = {"count": 0, "df": 1}  # format of a cell that is one number -> its decimals
RESULT = "id"  # heading of the column of results


@dataclass(frozen=True)
class Source:
    """From which study a table is: id and title, version of the package, day of the delivery, licence ("" for none)."""

    study: str
    title: str
    version: str
    delivered: str
    licence: str

    def line(self, table: str, words: Words) -> str:
        """The line that stands under a table which leaves the page."""
        date = words.date(self.delivered)
        return words("taken.line", study=self.study, version=self.version, date=date, table=table)


def taken_tables(part: Mapping[str, Any]) -> dict[str, Table]:
    """Id -> table, of all that a page shows in one language; none of an id that two different ones have, as the file
    would be of one of them. part: values of the template; tables are found in blocks and lists at any depth, those
    without rows are left out."""
    found: dict[str, Table] = {}
    unlike = set()
    for table in filter(None, _tables(part.values())):
        if found.setdefault(table.id, table) != table:
            unlike.add(table.id)
    return {id: table for id, table in found.items() if id not in unlike}


def _tables(shown: Iterable[Any]) -> Iterator[Table]:
    """Every table in what a template gets, in order."""
    for value in shown:
        if isinstance(value, Table):
            yield value
        elif isinstance(value, Block):
            yield from (*value.tables, *_tables(value.folded))
        elif isinstance(value, OnPage):
            yield from _tables(place.block for place in value.places)
        elif isinstance(value, Mapping):
            yield from _tables(value.values())
        elif isinstance(value, list | tuple):
            yield from _tables(value)


class Files(Mapping[str, Any]):
    """Address from the page -> file, each made when it is asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]):
        self.makers = dict(makers)

    def __getitem__(self, address: str) -> Any:
        return self.makers[address]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.makers)

    def __len__(self) -> int:
        return len(self.makers)


def table_files(
    tables: Sequence[Mapping[str, Table]], languages: Sequence[Words], sources: Sequence[Source]
) -> Files:
    """The files of tables. tables, sources: in each of `languages`."""
    found: dict[str, Callable[[], bytes]] = {}
    for name in dict.fromkeys(name for own in tables for name in own):
        having = [
            (w, own[name], s) for w, own, s in zip(languages, tables, sources, strict=True) if name in own
        ]
        found[f"{FOLDER}/{name}.xlsx"] = partial(_workbook, having)
    for words, own, source in zip(languages, tables, sources, strict=True):
        documents = _Documents(words, source)
        for name, table in own.items():
            found[f"{FOLDER}/{name}.{words.language}.docx"] = partial(documents.made, table)
    return Files(found)


class _Documents:
    """The Word documents of one language, which share what is the same in all."""

    def __init__(self, words: Words, source: Source):
        self.words, self.source = words, source

    @cached_property
    def _writer(self) -> Any:
        from dww_analysis.reports.render.word import TableWriter

        return TableWriter(self.words, self.source.delivered)

    def made(self, table: Table) -> bytes:
        """The document of a table."""
        said = [self.source.line(table.id, self.words), *_results(table, self.words)]
        found: bytes = self._writer.document(table, said)
        return found


def _results(table: Table, words: Words) -> list[str]:
    ids = list(dict.fromkeys(filter(None, table.estimates)))
    return [words("taken.results", ids=", ".join(ids))] if ids else []


def _workbook(having: Sequence[tuple[Words, Table, Source]]) -> bytes:
    """A sheet of the table in each language, and one of what it is."""
    sheets = [Sheet(w.language, _frame(t, w), {}, s.line(t.id, w)) for w, t, s in having]
    about = pd.DataFrame([line for w, t, s in having for line in _about(w, t, s)], columns=["what", "value"])
    return workbook_bytes([*sheets, Sheet("about", about)], having[0][1].caption)


def _about(words: Words, table: Table, source: Source) -> Iterator[tuple[str, str]]:
    yield words("taken.caption"), table.caption
    yield words("taken.study"), f"{source.study}: {source.title}"
    yield words("taken.source"), source.line(table.id, words)
    yield from ((words("taken.note"), note) for note in table.notes)
    if source.licence:
        yield words("citation.licence"), source.licence


def _frame(table: Table, words: Words) -> pd.DataFrame:
    """The cells: single numbers as numbers, rounded as they are printed; whatever else as it is printed."""
    rows = [[_value(cell, words) for cell in row] for row in table.rows]
    heads = _unlike(table.columns)
    frame = pd.DataFrame(rows, columns=heads, dtype=object)
    if any(table.estimates):
        frame[RESULT] = list(table.estimates)
    return frame


def _unlike(columns: Sequence[str]) -> list[str]:
    """Headings of which no two are the same, for a spreadsheet looks columns up by them."""
    seen: dict[str, int] = {}
    heads = []
    for column in columns:
        seen[column] = seen.get(column, 0) + 1
        heads.append(column if seen[column] == 1 else f"{column} ({seen[column]})")
    return heads


def _value(cell: Cell, words: Words) -> str | float:
    single = cell.format == "number" or cell.format in ONE_NUMBER
    if single and not cell.suppressed and isinstance(cell.value, int | float) and math.isfinite(cell.value):
        return float(half_up(cell.value, ONE_NUMBER.get(cell.format, cell.decimals)))
    return cell.shown(words)
