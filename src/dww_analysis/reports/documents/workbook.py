"""The workbook: every published table as a sheet, what each column holds, and from what it all was made.

The estimates come first, with their id and estimate in front. Numbers are those of the published tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.study import Study
from dww_analysis.domain.tables import Column, Table
from dww_analysis.language import Words
from dww_analysis.reports.render.xlsx import Sheet, workbook_bytes

FIRST = ("estimates", "answers")
IN_FRONT = ("id", "estimate", "conf_low", "conf_high")  # columns of the estimates


@dataclass(frozen=True)
class Book:
    """What a workbook says of itself. made_from: (what, name, SHA-256) of configuration and deliveries."""

    study: Study
    settings: ReportSettings
    version: str
    made_from: Sequence[tuple[str, str, str]]
    repeat: str  # the script that estimates again

    @property
    def named(self) -> str:
        """Study, version and date, in one line."""
        return f"{self.study.id}, dww-analysis {self.version}, {self.study.delivered}"

    @property
    def words(self) -> list[Words]:
        """One of each language of the report."""
        plain = (Words(language) for language in self.settings.languages)
        return [words.named(self.study.level_labels, self.study.unit) for words in plain]


def build_workbook(tables: Mapping[str, pd.DataFrame], declared: Mapping[str, Table], book: Book) -> bytes:
    """The .xlsx: sheets about, each table, columns (what every column means) and made_from (files, code and settings
    with checksums).

    tables: as they are published, texts safe for a spreadsheet; declared: the declaration of each. KeyError for a
    table without one.
    """
    order = [*(name for name in FIRST if name in tables), *(name for name in tables if name not in FIRST)]
    notes = {name: {c.name: _note(c, book) for c in declared[name].columns} for name in order}
    sheets = [
        Sheet("about", _about(order, declared, tables, book), {}, book.named),
        *(Sheet(name, _in_front(name, tables[name]), notes[name], f"{name}: {book.named}") for name in order),
        Sheet("columns", _columns(order, declared, book), {}, book.named),
        Sheet("made_from", pd.DataFrame(book.made_from, columns=["what", "name", "sha256"]), {}, book.named),
    ]
    return workbook_bytes(sheets, book.words[0].say(book.study.title))


def _in_front(name: str, table: pd.DataFrame) -> pd.DataFrame:
    if name != "estimates":
        return table
    return table[[*IN_FRONT, *(c for c in table.columns if c not in IN_FRONT)]]


def _about(
    order: Sequence[str], declared: Mapping[str, Table], tables: Mapping[str, pd.DataFrame], book: Book
) -> pd.DataFrame:
    """Facts about the study, and what each sheet holds."""
    sheets = (
        {"what": n, "rows": float(len(tables[n])), **{w.language: declared[n].what for w in book.words}}
        for n in order
    )
    rows = [*_facts(book), *sheets]
    return pd.DataFrame(rows, columns=["what", *book.settings.languages, "rows"])


def _facts(book: Book) -> Iterator[dict[str, Any]]:
    study = book.study
    known: dict[str, Any] = {
        "study": study.id,
        "title": study.title,
        "data": study.data,
        "delivered": study.delivered,
        "version": book.version,
        "minimum": str(study.min_cell_size),
        "licence": book.settings.licence,
        "contact": study.contact,
    }
    for what, value in known.items():
        yield {"what": what, **{w.language: _fact(w, what, w.say(value)) for w in book.words}}
    yield {"what": "digits", **{w.language: w("workbook.digits") for w in book.words}}
    yield {"what": "repeat", **{w.language: w("workbook.repeat", file=book.repeat) for w in book.words}}


def _fact(words: Words, what: str, value: str) -> str:
    return f"{words(f'workbook.what.{what}')}: {value or '-'}"


def _columns(order: Sequence[str], declared: Mapping[str, Table], book: Book) -> pd.DataFrame:
    """Every column of every sheet: its type, its unit, the words it may have, and what it means."""
    rows = [
        {
            "table": name,
            "column": column.name,
            "type": column.kind,
            "unit": column.unit,
            "allowed": ", ".join(column.allowed),
            "rests_on": column.of or (", ".join(declared[name].protected_by) if column.is_answer else ""),
            **{f"meaning_{words.language}": _meaning(column, words) for words in book.words},
        }
        for name in order
        for column in declared[name].columns
    ]
    return pd.DataFrame(rows)


def _meaning(column: Column, words: Words) -> str:
    own = f"workbook.column.{column.name}"
    return words(own if words.has(own) else f"workbook.shows.{column.shows}")


def _note(column: Column, book: Book) -> str:
    """What is shown when the heading is pointed at, in every language of the report."""
    return "\n".join(
        f"{_meaning(column, words)} ({words(f'workbook.kind.{column.kind}')})" for words in book.words
    )
