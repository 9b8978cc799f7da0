"""Delivered rows of sessions, checked: what each cell may hold, and on which lines it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import day_of_cell, name_reader, nearest, shown, text_column
from dww_analysis.delivery.declared import column_problems, lines_of
from dww_analysis.delivery.idle import rule_problems
from dww_analysis.delivery.rows import Rows, drop_declared
from dww_analysis.domain.practice import Lists, Practice
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError, Problem, raise_all

STOOD_IN = "column of the file"  # of a long table that was delivered wide: where a cell stood
MOST_SHOWN = 3  # columns that a message names


@dataclass(frozen=True)
class Listed:
    """Ids that cells are held against: what one of them is called, all there are, and the list they stand in."""

    what: str
    known: Sequence[str]
    where: str

    @classmethod
    def of(cls, practice: Practice, name: Lists) -> Listed:
        """A list of practice.yaml, of which one entry is called as the list without its s."""
        return cls(name.removesuffix("s"), practice.ids(name), name)


@dataclass
class Delivered:
    """One delivered table: cells by our names, and the problems found so far."""

    data: pd.DataFrame
    source: Source
    lines: np.ndarray
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(
        cls, data: pd.DataFrame, source: Source, lines: np.ndarray | None, needed: Iterable[str]
    ) -> Delivered:
        """The rows that are left after `drop_rows`; PracticeError for columns that are not there or not declared, and
        for rules that met nothing."""
        problems = [*column_problems(data, source, needed), *rule_problems(data, source)]
        raise_all(problems, PracticeError)
        rows = Rows(np.ones(len(data), dtype=bool))
        drop_declared(rows, data, source)
        return cls(data[rows.keep].reset_index(drop=True), source, lines_of(data, lines)[rows.keep])

    def text(self, ours: str) -> pd.Series:
        """A column as text, recoded by the source; absent where it is not declared."""
        theirs = self.source.columns.get(ours)
        if theirs is None:
            return pd.Series([None] * len(self.data), dtype="str")
        return text_column(self.data[theirs], name_reader(ours, self.source))

    def days(self, ours: str) -> pd.Series:
        """A column of days as ISO dates; what is no date stays as it is."""
        return self.text(ours).map(day_of_cell, na_action="ignore").astype("str")

    def rounds(self) -> pd.Series:
        """The number of each row's round, as text; "" where no column has one. Problems for rows without and for words,
        which do not tell in which order they come, and so what changed since when."""
        if "round" not in self.source.columns:
            return pd.Series("", index=self.data.index, dtype="str")
        found, action = self.text("round"), "number them: `recode: {round: {Ronde 1: 1}}`"
        self.refuse(found.isna(), "round", "no round", "one in every row", "add it, or use drop_rows")
        words = ~found.fillna("1").str.fullmatch(r"\d+")
        self.refuse(words, "round", "rounds that are no whole number", "1, 2 and so on", action)
        return found.str.replace(r"^0+(?=\d)", "", regex=True)

    def named(
        self,
        ours: str,
        listed: Listed,
        empty: pd.Series | None = None,
        anything: pd.Series | None = None,
    ) -> pd.Series:
        """A column of ids; a problem for each word that is not in the list, with the nearest that is.

        empty: rows in which the cell may be empty. anything: rows in which it may hold any word.
        """
        cells = self.text(ours)
        absent = cells.isna() if empty is None else cells.isna() & ~empty
        self.refuse(absent, ours, f"no {listed.what}", f"an id of {listed.where}", "add it, or use drop_rows")
        ids = cells if anything is None else cells.mask(anything)
        for word in pd.unique(ids.dropna()[~ids.dropna().isin(listed.known)]):
            self.unknown(ours, listed, word, ids == word)
        return cells

    def unknown(self, ours: str, listed: Listed, word: str, where: pd.Series) -> None:
        """A problem for a word that is not in its list, with the nearest that is."""
        known = listed.known
        expected = f"one of {', '.join(known) or '(none yet)'}{nearest(word, known)}"
        found = f"the {listed.what} {word[:60]!r}, which is not in the list"
        action = f"translate it with `recode: {{{ours}: ...}}`, or add it to {listed.where}"
        self.refuse(where, ours, found, expected, action)

    def numbers(
        self, ours: str, expected: str, holds: Callable[[pd.Series], pd.Series], absent: bool = False
    ) -> pd.Series:
        """A column of numbers of which `holds` is true; a problem for others. absent: empty cells are no problem."""
        texts = self.text(ours)
        values = pd.to_numeric(texts.str.replace(",", ".", regex=False), errors="coerce").astype("float64")
        wrong = ~holds(values) & ~(texts.isna() & absent)
        self.refuse(wrong, ours, f"{int(wrong.sum())} values that cannot be", expected, "correct the cells")
        return values

    def refuse(
        self, wrong: pd.Series | np.ndarray, ours: str, found: str, expected: str, action: str
    ) -> None:
        """A problem with the lines of the rows that are wrong, when there are any."""
        where = np.asarray(wrong, dtype=bool)
        if where.any():
            lines = shown(dict.fromkeys(self.lines[where].tolist()))
            place = f"{self.source.file}, column {self._column(ours, where)}, line {lines}"
            self.problems.append(Problem(found=found, where=place, expected=expected, action=action))

    def _column(self, ours: str, where: np.ndarray) -> str:
        """The column of the file in which rows have a cell of ours: several, where it was laid out as a wide table."""
        wide = self.source.wide
        if wide is None or STOOD_IN not in self.data or ours not in (*wide.by, wide.cells):
            return self.source.columns.get(ours, ours)
        names = list(dict.fromkeys(self.data[STOOD_IN][where]))
        return ", ".join(map(str, names[:MOST_SHOWN])) + ", ..." * (len(names) > MOST_SHOWN)

    def done(self) -> None:
        """Raise what was found, all at once."""
        raise_all(self.problems, PracticeError)
