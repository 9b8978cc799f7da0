"""Exports of poll tools as long tables: a row for each theme, question, block, round or point that a cell is about.

What the other readers meet is a table with our columns and the lines of the file. A row in which nothing was filled in
is nobody's choice: it is left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import fold, text_column
from dww_analysis.delivery.declared import column_problems, lines_of
from dww_analysis.delivery.idle import rows_problems
from dww_analysis.delivery.rows import Rows, drop_declared
from dww_analysis.domain.study import Source
from dww_analysis.domain.wide import NOTHING_SAID, ONE_ROW, InACell, Wide
from dww_analysis.errors import PracticeError, Problem, amount, raise_all
from dww_analysis.practice.delivered import STOOD_IN


@dataclass(frozen=True, eq=False)
class Long:
    """A table with one row a cell that says something. notes: what was left out, for the log."""

    data: pd.DataFrame
    source: Source
    lines: np.ndarray
    notes: tuple[str, ...] = ()


def lengthened(data: pd.DataFrame, source: Source, lines: np.ndarray | None = None) -> Long:
    """A delivered table with a row for each cell of `wide`, or each word of `several`, and the columns of `fixed`.

    Rules for rows are applied first. In a file of one row a voter, group or rater that has no code for it, rows get
    codes by their content, so that their order changes nothing; votes at one moment are counted then, as nobody knows
    who voted twice. A table without these three stays as it is. PracticeError with all problems: columns that are not
    there, rules and words of `leave` that met nothing.
    """
    at = lines_of(data, lines)
    if not (source.wide or source.several or source.fixed):
        return Long(data, source, at)
    raise_all([*column_problems(data, _flat(source)), *rows_problems(data, source)], PracticeError)
    rows = Rows(np.ones(len(data), dtype=bool))
    drop_declared(rows, data, source)
    kept, at = data[rows.keep].reset_index(drop=True), at[rows.keep]
    base = pd.DataFrame(
        {theirs: kept[theirs] for theirs in dict.fromkeys(source.columns.values())}, index=kept.index
    )
    plain = _Parts(base, dict(source.columns), at)
    plain = plain.with_codes(kept, source) if source.wide or source.several else plain
    notes: list[str] = []
    if source.wide is not None:
        plain = _beside(plain, kept, source.wide, source, notes)
    elif source.several is not None:
        plain = _in_a_cell(plain, source.several, source, notes)
    return _counted(plain.with_fixed(source.fixed), source, notes)


def _flat(source: Source) -> Source:
    """The source with each column of `wide` as one of its columns, named by what it is about."""
    beside = source.wide.columns.items() if source.wide is not None else ()
    named = {" ".join((*about, *about.values())): theirs for theirs, about in beside}
    return replace(source, columns={**source.columns, **named})


@dataclass(frozen=True, eq=False)
class _Parts:
    """A table that grows: its cells, our columns in it, and lines of the file."""

    data: pd.DataFrame
    columns: Mapping[str, str]
    lines: np.ndarray

    def with_column(self, ours: str, values: Sequence[object] | pd.Series) -> _Parts:
        """One more column of ours, under a name that the file does not have."""
        name = ours
        while name in self.data.columns:
            name += "'"
        data = self.data.assign(**{name: np.asarray(values, dtype=object)})
        return replace(self, data=data, columns={**self.columns, ours: name})

    def with_fixed(self, fixed: Mapping[str, str]) -> _Parts:
        parts = self
        for ours, value in fixed.items():
            parts = parts.with_column(ours, [value] * len(self.data))
        return parts

    def with_codes(self, delivered: pd.DataFrame, source: Source) -> _Parts:
        """Codes of rows by what they say, where the file has none and each row is of one voter, group or rater."""
        ours = ONE_ROW.get(source.kind)
        counted = "n" in source.columns or (source.wide is not None and source.wide.cells == "n")
        if ours is None or counted or ours in source.columns or ours in source.fixed:
            return self
        used = [c for c in delivered.columns if c in source.read_columns]
        said = pd.DataFrame({c: text_column(delivered[c]).fillna("") for c in used})
        order = np.lexsort([said[c].to_numpy(str) for c in reversed(used)]) if used else np.arange(len(said))
        place = np.empty(len(said), dtype=int)
        place[order] = np.arange(1, len(said) + 1)
        return self.with_column(ours, [f"row {n}" for n in place])

    def take(self, rows: np.ndarray) -> _Parts:
        return replace(self, data=self.data.iloc[rows].reset_index(drop=True), lines=self.lines[rows])


def _beside(parts: _Parts, delivered: pd.DataFrame, wide: Wide, source: Source, notes: list[str]) -> _Parts:
    """A row for each cell of the wide columns; of those in which nothing stands only where that says something."""
    names = list(wide.columns)
    cells = pd.DataFrame({theirs: text_column(delivered[theirs]) for theirs in names})
    answered = cells.notna().any(axis=1).to_numpy()
    _note_empty(notes, source, answered)
    if wide.cells not in NOTHING_SAID and (silent := [c for c in names if cells[c].isna().all()]):
        notes.append(f"{source.id}: nothing stands in the column {', '.join(silent)}")
    rows = np.repeat(np.flatnonzero(answered), len(names))
    values = cells[answered].to_numpy(dtype=object).ravel()
    stood = np.tile(np.array(names, dtype=object), int(answered.sum()))
    empty = pd.isna(values)
    said = ~empty | (wide.cells in NOTHING_SAID)
    values = np.where(empty, NOTHING_SAID.get(wide.cells, ""), values)
    long = parts.take(rows[said])
    for ours in wide.by:
        long = long.with_column(ours, [wide.columns[theirs][ours] for theirs in stood[said]])
    long = long.with_column(wide.cells, values[said])
    return replace(long, data=long.data.assign(**{STOOD_IN: stood[said]}))


def _in_a_cell(parts: _Parts, several: InACell, source: Source, notes: list[str]) -> _Parts:
    """A row for each word in the cells of a column."""
    theirs = source.columns[several.column]
    texts = text_column(parts.data[theirs]).fillna("")
    known = {fold(word) for word in (*source.recode.get(several.column, {}), *several.leave)}
    leave = {fold(word): 0 for word in several.leave}
    rows, words, ranks, cut = [], [], [], 0
    for row, text in enumerate(texts):
        place, found = 0, list(_words_of(text, several.delimiter, known))
        cut += len(found) > 1
        for word in found:
            if fold(word) in leave:
                leave[fold(word)] += 1
                continue
            place += 1
            rows.append(row)
            words.append(word)
            ranks.append(place)
    raise_all(list(_not_left_out(several, leave, source)), PracticeError)
    _note_empty(notes, source, texts.to_numpy() != "")
    if left := sum(leave.values()):
        alone = int((texts != "").sum()) - len(set(rows))
        said, rest = amount(left, "word", "words"), amount(alone, "row holds", "rows hold")
        notes.append(f"{source.id}: {said} left out, as `leave` says; {rest} nothing else")
    if not cut:
        notes.append(
            f"{source.id}: no cell holds several, so that the delimiter {several.delimiter!r} met nothing"
        )
    long = parts.take(np.array(rows, dtype=int))
    long = replace(long, data=long.data.assign(**{theirs: words}))
    return long.with_column(several.cells, ranks if several.cells == "rank" else ["1"] * len(rows))


def _words_of(text: str, delimiter: str, known: set[str]) -> Iterator[str]:
    """The words in a cell. One that is known is taken whole, also where the delimiter stands in it."""
    parts = text.split(delimiter)
    start = 0
    while start < len(parts):
        stop = next(
            (n for n in range(len(parts), start + 1, -1) if fold(delimiter.join(parts[start:n])) in known),
            start + 1,
        )
        if word := delimiter.join(parts[start:stop]).strip():
            yield word
        start = stop


def _not_left_out(several: InACell, met: Mapping[str, int], source: Source) -> Iterator[Problem]:
    for word in several.leave:
        if not met[fold(word)]:
            yield Problem(
                found=f"`leave: {word!r}` of `several` met nothing",
                where=f"{source.file}, source {source.id} in sources.yaml",
                expected="a word that stands in a cell",
                action="correct the word, or remove it",
            )


def _note_empty(notes: list[str], source: Source, answered: np.ndarray) -> None:
    """A line about rows in which nothing was filled in; PracticeError where that is all of them."""
    if not answered.any():
        raise PracticeError.of(
            found=f"{len(answered)} rows, and nothing in the columns of `{'wide' if source.wide else 'several'}`",
            where=f"{source.file}, source {source.id} in sources.yaml",
            expected="a cell that says something",
            action="name the columns with what was filled in, or remove the source",
        )
    if empty := int((~answered).sum()):
        said = amount(
            empty, "row in which nothing was filled in is", "rows in which nothing was filled in are"
        )
        notes.append(f"{source.id}: {said} left out")


def _counted(parts: _Parts, source: Source, notes: Sequence[str]) -> Long:
    """The long table; votes of one moment by people without codes as a number of votes of each kind."""
    long = replace(source, columns=parts.columns, drop_rows=(), identifiers=(), fixed={})
    unknown = "ballot" in parts.columns and "ballot" not in {*source.columns, *source.fixed}
    twice = source.wide is not None and "moment" in source.wide.by
    if source.kind != "votes" or not unknown or twice:
        return Long(parts.data, long, parts.lines, tuple(notes))
    columns = {ours: theirs for ours, theirs in parts.columns.items() if ours != "ballot"}
    data = parts.data.drop(columns=parts.columns["ballot"])
    keys = list(dict.fromkeys(columns.values()))
    alike = data.groupby(keys, sort=False, dropna=False)[keys[0]]
    first = (alike.cumcount() == 0).to_numpy()
    counts = alike.transform("size")[first].astype(str)
    kept = _Parts(data[first].reset_index(drop=True), columns, parts.lines[first]).with_column("n", counts)
    return Long(kept.data, replace(long, columns=kept.columns), kept.lines, tuple(notes))
