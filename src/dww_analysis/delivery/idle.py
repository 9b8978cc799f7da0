"""Rules of a source that met nothing, for deliveries whose cells are words: each is a problem, never silence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import fold, text_column
from dww_analysis.delivery.declared import lacks_columns
from dww_analysis.delivery.ledger import Met, identifier_rules, unmet
from dww_analysis.delivery.rows import Rows, drop_declared
from dww_analysis.domain.study import Source
from dww_analysis.errors import Problem


def rule_problems(data: pd.DataFrame, source: Source, separator: str = "") -> list[Problem]:
    """A problem for every rule of the source that met nothing. `separator`: between several words in one cell."""
    rows = Rows(np.ones(len(data), dtype=bool))
    drop_declared(rows, data, source)
    if rows.problems or lacks_columns(data, source):
        return rows.problems
    asked = {*source.recode, *(["team"] if source.team_aliases else [])}
    cells = {o: _words_in(data[theirs], separator) for o, theirs in source.columns.items() if o in asked}
    ledger = [*rows.met, *_identifiers(data, source)]
    for ours, codes in source.recode.items():
        given = cells.get(ours, {})
        ledger.append(
            Met("recode", ours, {theirs: given.get(fold(theirs), 0) for theirs in codes}, len(data))
        )
    for typed in source.team_aliases:
        count = cells.get("team", {}).get(fold(typed), 0)
        ledger.append(Met("team_aliases", typed, {typed: count}, len(data), "rows"))
    for code in source.missing_codes:
        count = sum(int((text_column(data[t]) == code).sum()) for t in source.columns.values()) if code else 1
        ledger.append(Met("missing_codes", code, {code: count}, len(data) * len(source.columns)))
    return unmet(ledger, source)


def rows_problems(data: pd.DataFrame, source: Source) -> list[Problem]:
    """A problem for every rule about rows, and every identifying column, that met nothing."""
    rows = Rows(np.ones(len(data), dtype=bool))
    drop_declared(rows, data, source)
    return [*rows.problems, *unmet([*rows.met, *_identifiers(data, source)], source)]


def _identifiers(data: pd.DataFrame, source: Source) -> list[Met]:
    return identifier_rules([str(name) for name in data.columns], source)


def _words_in(column: pd.Series, separator: str) -> dict[str, int]:
    """The words of a column, compared without case and punctuation, with the number of cells."""
    counts: dict[str, int] = {}
    for text, count in text_column(column).dropna().value_counts().items():
        for word in {fold(part) for part in (text, *(text.split(separator) if separator else ()))}:
            counts[word] = counts.get(word, 0) + int(count)
    return counts
