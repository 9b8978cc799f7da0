"""What a stored table is: its columns with their types, what each number says about persons, and what adds up to what.

A table is declared once. Saving and loading check it and give types back (`storage`), disclosure control reads which
count protects which number (`privacy`), documentation lists it. Nothing here computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["text", "whole", "number", "flag", "moment"]

# What a column says about persons, which decides how disclosure control treats it:
#   key         names the row                            fact       says nothing about answers
#   persons     how many persons a row rests on          count      how many of them ... (a small one is hidden)
#   mean, sd, share                                      linear statements about the persons of the row
#   quantile    rests on single answers                  statistic  anything else that was computed from answers
Shows = Literal["key", "fact", "persons", "count", "mean", "sd", "share", "quantile", "statistic"]


@dataclass(frozen=True)
class Column:
    """One column. Always true: `allowed` (when given) lists every value; `of` names a `persons` column of the table."""

    name: str
    kind: Kind
    shows: Shows = "fact"
    # the count that a mean, sd, share, quantile or statistic rests on ("" is the table's own); of a count of answers,
    # that of the persons who gave them
    of: str = ""
    unit: str = ""
    allowed: tuple[str, ...] = ()
    absent: bool = False  # whether a value may be missing

    @property
    def is_answer(self) -> bool:
        """Whether the column tells something about what persons answered or did."""
        return self.shows not in ("key", "fact", "persons")


@dataclass(frozen=True)
class AddsUp:
    """Rows that together make up another row, or a number of the same row.

    Rows that agree on all of `within` and differ in `over` are parts. Their total is the row whose `over` is `total`,
    or where `total_column` is named the value of that column, which all parts carry (persons over categories), or where
    `total_in` is (column, flag) that column of the row that agrees on `within` and has the flag. With none of these,
    the total stands in another table and counts as known.

    counts: the columns of counts that add up. values: whether means and sums of squares of the rows add up as well,
    weighted by their counts. parts: (column, value) of the rows that are parts, where others agree on `within` too.
    alone: whether a count that is all but a few persons is hidden without its row (nothing else in the row tells it).
    """

    over: str
    within: tuple[str, ...]
    counts: tuple[str, ...]
    total: str | None = ""
    total_column: str | None = None
    total_in: tuple[str, str] | None = None
    values: bool = False
    parts: tuple[str, str] | None = None
    alone: bool = False


@dataclass(frozen=True)
class TotalsOf:
    """Rows that hold sums over another table: where column `by` is `value`, unless column `but` is one of `steps`.
    only: (column, value) of the rows there that they are sums over; none: of all."""

    table: str
    by: str
    value: str
    but: str = ""
    steps: tuple[str, ...] = ()
    only: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Tells:
    """Numbers of a row that say something of others: `columns` of rows that agree on `within` are hidden where any of
    these rows is, or has a mean, SD, share or count hidden. parts: (column, value) of the rows that are told of."""

    columns: tuple[str, ...]
    within: tuple[str, ...]
    parts: tuple[str, str] | None = None


@dataclass(frozen=True)
class Link:
    """Rows of another table that a row belongs to: those whose columns `theirs` are as its columns `own`."""

    table: str
    theirs: tuple[str, ...]
    own: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One stored table.

    Always true: `key` is unique over the rows; `protected_by` names `persons` columns, each of which must be zero or at
    least the study's minimum before anything else in the row is shown. `follows`: (table, columns): a row is hidden
    when every row with the same values of these columns is hidden there. `carries`: (table, its column, own column): a
    row says something of the row that it names there, and is hidden with that one alone. `apart`: those of
    `protected_by` that count by whom a row differs from another one; the other counts of a hidden row would tell it,
    and are hidden with the row. `together`: rows of one scale and its subscales that agree on these columns are hidden
    together. `same_persons`: rows of all tables with such columns that agree on them (a scale with its subscales) rest
    on the same persons: when one keeps the numbers of an earlier publication, all do. `totals_of`: sums over other
    tables, hidden when anything is hidden there. `tells`: numbers that say something of other rows. `open_rows`:
    (column, value) of rows that say nothing about a small group whatever their count. `whole_rows`: rows come with
    `suppressed`, where those who made the table hid them, and are hidden as a whole.
    `runs_on`: (over, within, count): of rows that agree on `within` the count at one value of `over` is that at the one
    before without who left in between; where any of them is hidden, all but the first are, with their count.
    `found_by`: the column that says by which analysis a row of an entry was found; a hidden row that another analysis
    finds later has counts of other answers, and stays hidden with its entry. `scored`: the columns that name whose
    scores a row of n, mean and SD is about. `rows_tell`: that there is a row says something of answers (how far a
    ladder went, how far trials spread): hidden rows are left out, and one that keeps earlier numbers was there earlier.
    `exact`: counts that are shown whatever they are (participation and absent answers only; docs/privacy.md lists
    them). `more`: whether further columns may follow (items and background variables, which each study names).
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    protected_by: tuple[str, ...] = ()
    adds_up: tuple[AddsUp, ...] = ()
    follows: tuple[str, tuple[str, ...]] | None = None
    carries: tuple[str, str, str] | None = None
    apart: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    same_persons: tuple[str, ...] = ()
    totals_of: tuple[TotalsOf, ...] = ()
    tells: tuple[Tells, ...] = ()
    open_rows: tuple[str, str] | None = None
    whole_rows: bool = False
    runs_on: tuple[str, tuple[str, ...], str] | None = None
    found_by: str = ""
    scored: tuple[str, ...] = ()
    rows_tell: bool = False
    exact: Mapping[str, str] = field(default_factory=dict)  # column -> why
    more: bool = False
    optional: tuple[str, ...] = ()  # columns that only studies with such a thing have (arms, organisations)
    what: str = ""

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the table has none."""
        return {c.name: c for c in self.columns}[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the declared columns, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def links(self) -> tuple[Link, ...]:
        """The rows of other tables that decide whether a row may be shown (`follows`, `carries`)."""
        follows = () if self.follows is None else (Link(self.follows[0], self.follows[1], self.follows[1]),)
        carries = () if self.carries is None else (Link(self.carries[0], *((c,) for c in self.carries[1:])),)
        return (*follows, *carries)

    def showing(self, *shows: Shows) -> tuple[str, ...]:
        """Names of the columns that show one of these."""
        return tuple(c.name for c in self.columns if c.shows in shows)

    def safe(self) -> Table:
        """The same table after disclosure control: every number may be hidden, which two more columns say."""
        hidden = tuple(
            replace(c, absent=True) if c.is_answer or c.shows == "persons" else c for c in self.columns
        )
        return replace(self, columns=(*hidden, *(() if self.whole_rows else SUPPRESSION)))


def texts(
    names: str, shows: Shows = "fact", *, absent: bool = False, allowed: tuple[str, ...] = ()
) -> tuple[Column, ...]:
    """Columns of text; absent values are empty texts."""
    return tuple(Column(n, "text", shows, absent=absent, allowed=allowed) for n in names.split())


def wholes(names: str, shows: Shows = "fact", *, of: str = "", absent: bool = False) -> tuple[Column, ...]:
    """Columns of whole numbers; where a value may be absent they are stored as numbers with NaN."""
    return tuple(Column(n, "whole", shows, of, absent=absent) for n in names.split())


def numbers(
    names: str, shows: Shows = "statistic", *, of: str = "", unit: str = "", absent: bool = True
) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(n, "number", shows, of, unit, absent=absent) for n in names.split())


def flags(names: str, shows: Shows = "fact", *, absent: bool = False) -> tuple[Column, ...]:
    """Columns of true and false."""
    return tuple(Column(n, "flag", shows, absent=absent) for n in names.split())


def moments(names: str, *, absent: bool = False) -> tuple[Column, ...]:
    """Columns of dates and times."""
    return tuple(Column(n, "moment", absent=absent) for n in names.split())


# What disclosure control adds: whether the whole row is hidden, and which single columns are.
SUPPRESSION = (*flags("suppressed"), *texts("suppressed_columns", absent=True))
