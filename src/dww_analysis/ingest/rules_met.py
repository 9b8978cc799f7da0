"""What the rules of one source of answers met: the account of `delivery.ledger`, from the columns that were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from dww_analysis.delivery.codes import code_text, fold, nearest
from dww_analysis.delivery.ledger import Met, identifier_rules
from dww_analysis.delivery.rows import Rows
from dww_analysis.domain.study import Source
from dww_analysis.ingest.values import Column

MOST_CODES, LONGEST_CODE = 12, 3  # codes of a column that a message shows


def ledger_of(
    source: Source, data: pd.DataFrame, present: Mapping[str, str], rows: Rows, columns: Mapping[str, Column]
) -> list[Met]:
    """Every rule of the source with its count."""
    return [
        *_taken(source, data),
        *_absent_texts(source, data),
        *rows.met,
        *_recoded(source, columns),
        *name_rules(source, data, present),
        *_missing(source, columns),
        *identifier_rules([str(name) for name in data.columns], source),
    ]


def _taken(source: Source, data: pd.DataFrame) -> Iterator[Met]:
    """How many of the delivered rows belong to this source, in a file with several waves below each other."""
    if source.rows is not None:
        column, values = source.rows
        name = f"{column}: {', '.join(values)}"
        yield Met("rows", name, {name: len(data)}, int(data.attrs.get("delivered_rows", len(data))), "rows")


def _absent_texts(source: Source, data: pd.DataFrame) -> Iterator[Met]:
    """The texts that the reader takes for no answer (options: absent): a line, since an option is no rule."""
    texts = [str(text) for text in source.options.get("absent") or ()]
    if not texts:
        return
    kept = [data[c] for c in data.columns if data[c].dtype.kind not in "fiubmM"]
    parts = {text: int(sum((column == text).sum() for column in kept)) for text in texts}
    yield Met("options absent", ", ".join(texts), parts, data.size, "cells", allowed=True)


def _recoded(source: Source, columns: Mapping[str, Column]) -> Iterator[Met]:
    for ours in source.recode:
        column = columns.get(ours)
        if column is None:
            continue
        numbers = all(len(code) <= LONGEST_CODE for code in column.seen) and len(column.seen) <= MOST_CODES
        found = "codes " + ", ".join(column.seen) if numbers and column.seen else ""
        yield Met("recode", ours, column.recoded, len(column.reasons), found=found)


def name_rules(source: Source, data: pd.DataFrame, present: Mapping[str, str]) -> Iterator[Met]:
    """Names of teams and organisations that `recode` or `team_aliases` translate; compared as `name_reader` does."""
    for ours in ("team", "organisation"):
        if ours not in present:
            continue
        given = pd.Series([fold(code_text(v)) for v in data[present[ours]].tolist()]).value_counts()
        named = [name for name in given.index if name]
        if source.recode.get(ours):
            parts = {theirs: int(given.get(fold(theirs), 0)) for theirs in source.recode[ours]}
            yield Met("recode", ours, parts, len(data))
        for typed in source.team_aliases if ours == "team" else ():
            near = nearest(typed, named).strip("; ")
            yield Met("team_aliases", typed, {typed: int(given.get(fold(typed), 0))}, len(data), "rows", near)


def _missing(source: Source, columns: Mapping[str, Column]) -> Iterator[Met]:
    cells = sum(len(column.reasons) for column in columns.values())
    for code in source.missing_codes:
        text = code_text(code)
        count = sum(column.absent.get(text, 0) for column in columns.values())
        kept = {name: c.kept_codes[text] for name, c in columns.items() if c.kept_codes.get(text)}
        shown = ", ".join(f"{n} in {name}" for name, n in list(kept.items())[:3])
        found = f"{code} is an answer inside the range ({shown})" if kept else ""
        yield Met("missing_codes", code, {code: count}, cells, found=found)
