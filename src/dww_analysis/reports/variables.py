"""Files and their variables as an archive describes them: delivered files, scored data, published tables.

Delivered labels go in as they are, words of the study in every language they have. Nothing is counted: how many gave
an answer stands in the published tables, after disclosure control. Names of teams and organisations stay out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.scales import TOTAL, Scale
from dww_analysis.domain.study import LEVELS, Background, Study, Text, say
from dww_analysis.domain.tables.columns import Table
from dww_analysis.language import LANGUAGES, Words

PERSON = "person"


@dataclass(frozen=True)
class Category:
    """One code of a variable. missing: why it is no answer; "" for an answer."""

    code: str
    label: Text | str
    missing: str = ""


@dataclass(frozen=True)
class Variable:
    """One column of one file. question: as it was asked; note: what was done with it."""

    name: str
    label: Text | str
    question: str = ""
    text: bool = False
    range: tuple[float, float] | None = None
    categories: tuple[Category, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class DataFile:
    """One table. content: what a row is; address: where it is in the archive, "" where it is not in it."""

    id: str
    name: str
    content: Text | str
    variables: tuple[Variable, ...]
    address: str = ""


def delivered_files(codebook: pd.DataFrame, study: Study) -> list[DataFile]:
    """The delivered files as the codebook has them, with their used columns. None of them is in an archive."""
    background = {b.name: b for b in study.background}
    return [
        DataFile(
            f"F.{source}",
            str(source),
            _wave_of(rows.iloc[0], study),
            tuple(_delivered(row, background) for row in rows.to_dict("records")),
        )
        for source, rows in codebook.groupby("source", sort=False)
    ]


def _wave_of(row: Any, study: Study) -> Text:
    label = next((w.label for w in study.waves if w.number == int(row["wave"])), str(row["wave"]))
    return {language: say(label, language) for language in languages_of(label)}


def languages_of(text: Text | str) -> list[str]:
    """The languages that a text has; one without a name for a plain text."""
    return [""] if isinstance(text, str) else list(text)


def _delivered(row: Mapping[str, Any], background: Mapping[str, Background]) -> Variable:
    name = str(row["name"])
    own = background.get(name)
    low, high = row["min_valid"], row["max_valid"]
    return Variable(
        name=name,
        label=own.label if own is not None else (_text(row["label"]) or name),
        question=_text(row["label"]) if name not in (*LEVELS, PERSON) else "",
        text=row["type"] == "text" or name in (*LEVELS, PERSON),
        range=None if pd.isna(low) or pd.isna(high) else (float(low), float(high)),
        categories=() if name in LEVELS else tuple(_categories(row, own)),
        note=_text(row["rules"]),
    )


def _categories(row: Mapping[str, Any], own: Background | None) -> Iterator[Category]:
    """Codes with labels, and codes for no answer. The study's own words go before those of the file."""
    labels, missing = _pairs(row["value_labels"]), _pairs(row["missing_codes"])
    ours: Mapping[str, Text | str] = own.categories if own is not None else {}
    for code, label in {**labels, **ours}.items():
        if code not in missing:
            yield Category(code, label)
    for code, reason in missing.items():
        yield Category(code, labels.get(code) or reason, reason)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _pairs(value: Any) -> dict[str, str]:
    return dict(json.loads(value)) if _text(value) else {}


def scored_file(
    columns: Iterable[str], labels: Mapping[str, Text], study: Study, scales: Iterable[Scale], address: str
) -> DataFile:
    """The scored data, one row per person and wave. labels: of scores, by column."""
    scored = dict(pair for scale in scales for pair in _scored(scale))
    content = {language: Words(language)("archive.scores") for language in LANGUAGES}
    variables = (_of_column(column, labels, study, scored) for column in columns)
    return DataFile("F.scores", "scores.csv", content, tuple(variables), address)


def published_file(table: Table, address: str) -> DataFile:
    """A published table: its columns, and the words that one of them may hold."""
    content = {language: Words(language)(f"archive.table_{table.name}") for language in LANGUAGES}
    variables = tuple(
        Variable(
            column.name,
            column.name,
            text=column.kind not in ("number", "whole"),
            categories=tuple(Category(word, word) for word in column.allowed),
        )
        for column in table.columns
    )
    return DataFile(f"F.{table.name}", f"{table.name}.csv", content, variables, address)


def _scored(scale: Scale) -> Iterator[tuple[str, tuple[tuple[float, float], str]]]:
    """Column -> range and scoring key of every score of a scale."""
    key = f"{scale.key.id} {scale.key.version}: {scale.key.reference}" if scale.key is not None else ""
    for name in (TOTAL, *(scale.key.subscales if scale.key is not None else ())):
        label = f"{scale.id}.{name}" if name else scale.id
        yield label.replace(".", "_"), (scale.score_range(label), key)


def _of_column(
    column: str,
    labels: Mapping[str, Text],
    study: Study,
    scored: Mapping[str, tuple[tuple[float, float], str]],
) -> Variable:
    known = {
        "sample": [Category(id, label) for id, label in study.samples.items()],
        "wave": [Category(str(w.number), w.label) for w in study.waves],
        "arm": [Category(a.id, a.label) for a in study.arms],
        **{b.name: [Category(code, t) for code, t in b.categories.items()] for b in study.background},
    }
    range, note = scored.get(column, (None, ""))
    categories = tuple(known.get(column, ()))
    text = column in (*LEVELS, PERSON) or bool(categories and column != "wave")
    ranges = {b.name: b.valid_range for b in study.background}
    return Variable(
        column, _label(column, labels, study), "", text, range or ranges.get(column), categories, note
    )


def _label(column: str, labels: Mapping[str, Text], study: Study) -> Text | str:
    known = {**study.level_labels, **{b.name: b.label for b in study.background}, **labels}
    if column in known:
        return known[column]
    return {language: Words(language)(f"archive.column_{column}") for language in LANGUAGES}
