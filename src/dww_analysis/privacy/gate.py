"""The one door: what is shown passes here, all of it together, and nothing about too few persons follows from it.

1. First suppression. A row whose count of persons is 1 to minimum - 1 is hidden (zero is nobody, and no secret); a
   count or a share that stands for so few persons, or for all but so few, is hidden; quantiles need three times the
   minimum. So is what counts or bounds single persons without saying so: means and SDs (`moments`, `options`).
2. Complementary suppression. Tables declare in what their rows add up (`domain.tables.AddsUp`). Whatever is shown is a
   linear statement about what is hidden. While hidden persons together are fewer than the minimum, or a hidden count
   has fewer possible values than the minimum, or a hidden sum is known to less than half of what it could be, more is
   hidden, smallest first.
3. Rows that follow: components of an estimate that is hidden, what carries a planned contrast that is hidden, a scale
   whose subscale is hidden.

Which numbers say what about persons is in the declarations, so that a new table needs no rule here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.tables import Table, register
from dww_analysis.privacy.few_apart import with_few_apart
from dww_analysis.privacy.hidden import Hidden, Mask
from dww_analysis.privacy.items import with_items, with_options
from dww_analysis.privacy.moments import said_yes, tells_single_scores
from dww_analysis.privacy.options import tells_options
from dww_analysis.privacy.ratings import without_telling_intervals
from dww_analysis.privacy.sums import completed, named
from dww_analysis.privacy.two_answers import open_totals, with_two_answers

QUANTILES_FROM = 3  # times the minimum: quantiles are single answers
SEPARATOR = "; "
RANGE = ("score_min", "score_max")  # lowest and highest possible value of a scale or an item
# what a row of an item says about its answer options
OPTIONS = ("mean", "sd", "floor_share", "ceiling_share")


def let_out(tables: Mapping[str, pd.DataFrame], minimum: int) -> dict[str, pd.DataFrame]:
    """`tables` (by the names of their declarations) as they may be shown together.

    Hidden numbers become NaN and hidden texts empty; hidden rows of a table whose rows tell (`Table.rows_tell`) go.
    Each table gets `suppressed` (bool: the row is hidden) and `suppressed_columns` (names of single hidden cells,
    separated by "; "). Raises KeyError for a table without a declaration: what is not declared cannot be protected.
    """
    declared = {name: register()[name] for name in tables}
    frames = {name: _with_numbers(frame, declared[name]) for name, frame in tables.items()}
    frames = _without_intervals(frames, minimum)
    hidden = {name: _first(frames[name], declared[name], minimum) for name in frames}
    hidden = {n: _scored(frames[n], declared[n], hidden[n], minimum) for n in frames}
    before = None
    while before is None or _size(hidden) > before:
        before = _size(hidden)
        hidden = {n: _complete(frames[n], declared[n], hidden[n], minimum) for n in frames}
        hidden = {n: _running_on(frames[n], declared[n], hidden[n]) for n in frames}
        hidden = {n: _telling_others(frames[n], declared[n], hidden[n]) for n in frames}
        hidden = {n: _resting_on(frames[n], declared[n], hidden[n]) for n in frames}
        hidden = with_two_answers(frames, with_few_apart(frames, hidden, minimum))
        hidden = with_items(frames, hidden, minimum)
        hidden = {n: _following(n, frames, declared, hidden) for n in frames}
        hidden = {n: _without_totals(frames[n], declared[n], hidden[n], hidden, frames) for n in frames}
    return {name: _blanked(frames[name], declared[name], hidden[name]) for name in frames}


def without_what_tells(tables: Mapping[str, pd.DataFrame], minimum: int) -> dict[str, pd.DataFrame]:
    """Gated tables, of which rows may have the numbers of an earlier publication, without the numbers that tell others.

    What was published by other rules is not published again; all else is as it was given.
    """
    declared = {name: register()[name] for name in tables}
    tables = _without_intervals(tables, minimum)
    asked = {name: frame for name, frame in tables.items() if "suppressed_columns" in frame}
    before = {name: _as_said(frame, declared[name]) for name, frame in asked.items()}
    hidden = {n: _telling_others(asked[n], declared[n], h) for n, h in before.items()}
    hidden = {n: _resting_on(asked[n], declared[n], h) for n, h in hidden.items()}
    hidden = with_two_answers(asked, with_few_apart(asked, hidden, minimum))
    more = [name for name in asked if _size({name: hidden[name]}) > _size({name: before[name]})]
    return {**tables, **{name: _blanked(asked[name], declared[name], hidden[name]) for name in more}}


def _without_intervals(tables: Mapping[str, pd.DataFrame], minimum: int) -> dict[str, pd.DataFrame]:
    """The tables, that about sessions without intervals that give back an SD."""
    return {n: without_telling_intervals(t, minimum) if n == "quantities" else t for n, t in tables.items()}


def _as_said(frame: pd.DataFrame, table: Table) -> Hidden:
    """What a gated table says is hidden of it."""
    rows = frame["suppressed"].to_numpy(dtype=bool)
    said = [set(str(names).split(SEPARATOR)) for names in frame["suppressed_columns"].fillna("")]
    names = dict.fromkeys((*_with_rows(frame, table), *table.protected_by))
    return Hidden(rows, {name: np.array([name in of for of in said], dtype=bool) for name in names})


def _with_numbers(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """A fresh copy in which declared numbers and flags are such, also where stacking tables made objects of them."""
    result = frame.reset_index(drop=True)
    for column in (c for c in table.columns if c.name in result):
        if column.kind in ("number", "whole"):
            result[column.name] = pd.to_numeric(result[column.name])
        elif column.kind == "flag" and column.is_answer and pd.api.types.is_object_dtype(result[column.name]):
            result[column.name] = result[column.name].astype("boolean")
    return result


def _size(hidden: Mapping[str, Hidden]) -> int:
    return sum(int(h.rows.sum()) + sum(int(c.sum()) for c in h.cells.values()) for h in hidden.values())


def is_small(count: NDArray[np.float64], minimum: int) -> Mask:
    """Whether each count is of 1 to minimum - 1 persons, in the shape of count; NaN and 0 are not."""
    return (count > 0) & (count < minimum)


def counts_of(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column of counts as floats, NaN where it is not known."""
    return pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype="float64", na_value=np.nan)


def open_rows(frame: pd.DataFrame, table: Table) -> Mask:
    """Rows that say nothing about a small group whatever their count."""
    if table.open_rows is None:
        return np.zeros(len(frame), dtype=bool)
    column, value = table.open_rows
    return np.asarray(frame[column].astype("object").fillna("") == value, dtype=bool)


def seen_by_all(frame: pd.DataFrame, table: Table) -> Mask:
    """Rows of what was made together and shown there to all who made it: they are published as they are."""
    return open_rows(frame, table) & table.whole_rows


def _answers(frame: pd.DataFrame, table: Table) -> list[str]:
    """Columns of the frame that tell something about answers; undeclared numbers of a table that allows more do too."""
    declared = [
        c.name for c in table.columns if c.is_answer and c.name in frame and c.name not in table.exact
    ]
    more = [
        str(c)
        for c in frame.columns
        if c not in table.names and c not in ("suppressed", "suppressed_columns")
    ]
    return [*declared, *more]


def _with_rows(frame: pd.DataFrame, table: Table) -> list[str]:
    """Columns of the frame that are hidden with a row: its answers, and where rows differ by persons their counts."""
    counts = [c for c in table.showing("persons") if c in frame and c not in table.exact]
    return [*_answers(frame, table), *(counts if table.apart else ())]


def _first(frame: pd.DataFrame, table: Table, minimum: int) -> Hidden:
    """What is hidden for its own sake."""
    rows = np.zeros(len(frame), dtype=bool)
    summed = table.showing("persons") if table.totals_of else ()
    names = dict.fromkeys((*_with_rows(frame, table), *table.protected_by, *summed))
    cells = {name: np.zeros(len(frame), dtype=bool) for name in names}
    tells = _tells(frame, _answers(frame, table))
    for name in table.protected_by:
        n = counts_of(frame, name)
        small = is_small(n, minimum)
        unknown = np.isnan(n) & tells if not table.column(name).absent else np.zeros(len(n), dtype=bool)
        rows |= small | unknown
        if name not in table.exact:
            cells[name] |= small
    if table.open_rows is not None:
        is_open = open_rows(frame, table)
        rows &= ~is_open
        cells = {name: cell & ~is_open for name, cell in cells.items()}
    if table.whole_rows:
        rows |= frame["suppressed"].to_numpy(dtype=bool)
    for column in table.columns:
        if column.of and column.name in cells and column.of in frame:
            cells[column.name] |= _few(frame, column.name, column.shows, counts_of(frame, column.of), minimum)
    hidden = Hidden(rows | _too_telling(frame, table, minimum), _both_ends(frame, cells))
    return _without_options(frame, hidden, minimum) if set(OPTIONS) <= cells.keys() else hidden


def _too_telling(frame: pd.DataFrame, table: Table, minimum: int) -> Mask:
    """Rows whose mean and SD bound every single score, or count few persons with a score of 0 or 1.

    The sums of arms and of everybody tell both as well, so that all rows that add up are hidden with such a row, but
    for a total of yes and no that leaves each of its parts open (`two_answers.open_totals`); of groups below the
    minimum as many as it takes are hidden anyway.
    """
    if not {*RANGE, "mean", "sd"} <= set(frame.columns) or not table.protected_by:
        return np.zeros(len(frame), dtype=bool)
    numbers = [counts_of(frame, c) for c in (table.protected_by[0], *RANGE, "mean", "sd")]
    ones = said_yes(*numbers)
    telling = tells_single_scores(*numbers)
    few = is_small(ones, minimum) | is_small(numbers[0] - ones, minimum) | (telling & (numbers[0] >= minimum))
    for rule in (r for r in table.adds_up if r.values):
        few |= _alike(frame, rule.within, few) & ~open_totals(frame, rule, few, numbers[0], ones, minimum)
    return telling | few


def _scored(frame: pd.DataFrame, table: Table, hidden: Hidden, minimum: int) -> Hidden:
    """More hidden of groups whose scores are those of a single item."""
    if not table.scored or frame.empty or not {*RANGE, "mean", "sd"} <= set(frame.columns):
        return hidden
    return with_options(frame, list(table.scored), hidden, minimum)


def _tells(frame: pd.DataFrame, answers: list[str]) -> Mask:
    numeric = [c for c in answers if pd.api.types.is_numeric_dtype(frame[c])]
    return frame[numeric].notna().any(axis=1).to_numpy() if numeric else np.zeros(len(frame), dtype=bool)


def _few(frame: pd.DataFrame, name: str, shows: str, n: NDArray[np.float64], minimum: int) -> Mask:
    """Where one number stands for too few persons."""
    if shows == "quantile":
        return is_small(n, QUANTILES_FROM * minimum)
    if shows not in ("share", "count"):
        return np.zeros(len(frame), dtype=bool)
    value = counts_of(frame, name)
    count = np.round(value * n) if shows == "share" else value
    return is_small(count, minimum) | is_small(n - count, minimum)


def _both_ends(frame: pd.DataFrame, cells: dict[str, Mask]) -> dict[str, Mask]:
    """The shares at both ends of a scale are hidden together: of few answers one follows from the other."""
    if "floor_share" in cells and "ceiling_share" in cells:
        both = cells["floor_share"] | cells["ceiling_share"]
        cells = {**cells, "floor_share": both, "ceiling_share": both}
    return cells


def _without_options(frame: pd.DataFrame, hidden: Hidden, minimum: int) -> Hidden:
    """More of an item is hidden until no count of few persons with one answer follows: ends, then SD, then mean."""
    cells = dict(hidden.cells)
    n, low, high = (counts_of(frame, c) for c in ("n", *RANGE))
    for names in (("floor_share", "ceiling_share"), ("sd",), ("mean",)):
        shown = {c: np.where(hidden.rows | cells[c], np.nan, counts_of(frame, c)) for c in OPTIONS}
        telling = tells_options(n, low, high, shown, minimum)
        cells |= {name: cells[name] | telling for name in names}
    return Hidden(hidden.rows, cells)


def _complete(frame: pd.DataFrame, table: Table, hidden: Hidden, minimum: int) -> Hidden:
    """More hidden, until nothing hidden follows from what the table shows."""
    rows = completed(frame, table, "", hidden.rows, minimum)
    cells, with_rows = dict(hidden.cells), _with_rows(frame, table)
    alone = {name for rule in table.adds_up if rule.alone for name in rule.counts}
    for name in dict.fromkeys(name for rule in table.adds_up for name in rule.counts if name in cells):
        gone = cells[name] | rows if name in with_rows else cells[name]
        cells[name] = completed(frame, table, name, gone, minimum)
        rows = rows if name in alone else rows | cells[name]
    return Hidden(_together(frame, table, rows), cells)


def _running_on(frame: pd.DataFrame, table: Table, hidden: Hidden) -> Hidden:
    """More rows hidden, with their count of persons, where it minus that of the next row is who left in between."""
    if table.runs_on is None or frame.empty:
        return hidden
    over, within, count = table.runs_on
    later = np.zeros(len(frame), dtype=bool)
    for rows in frame.groupby(list(within), dropna=False, sort=False).indices.values():
        own = rows[frame[over].iloc[rows].notna().to_numpy()]
        if hidden.rows[own].any():
            later[own] = (frame[over].iloc[own] > frame[over].iloc[own].min()).to_numpy(dtype=bool)
    return Hidden(hidden.rows | later, hidden.cells).more(later, count)


def _telling_others(frame: pd.DataFrame, table: Table, hidden: Hidden) -> Hidden:
    """More numbers hidden, of rows that say something of hidden ones (`Table.tells`)."""
    for tells in table.tells:
        moments = [n for n in table.showing("mean", "sd", "share", "count") if n in hidden.cells]
        off = np.logical_or.reduce([hidden.rows, *(hidden.cells[name] for name in moments)])
        if tells.parts is not None:
            off = off & named(frame, *tells.parts)
        hidden = hidden.more(_alike(frame, tells.within, off), *tells.columns)
    return hidden


def _resting_on(frame: pd.DataFrame, table: Table, hidden: Hidden) -> Hidden:
    """More numbers hidden, of as many persons as a hidden count says: means of few are fractions that tell how many.
    Undeclared numbers rest on all counts of the row."""
    counts = [n for n in table.protected_by if n in hidden.cells]
    for column in (c for c in table.columns if c.name in frame and c.of in hidden.cells):
        hidden = hidden.more(hidden.cells[column.of], column.name)
    for name in (n for n in hidden.cells if n not in table.names and counts):
        hidden = hidden.more(np.logical_or.reduce([hidden.cells[c] for c in counts]), name)
    return hidden


def _together(frame: pd.DataFrame, table: Table, rows: Mask) -> Mask:
    """A scale and its subscales are hidden in the same groups."""
    if not table.together or not rows.any():
        return rows
    family = frame["scale"].astype("str").str.split(".").str[0]
    return rows | _alike(frame.assign(scale=family), ("scale", *table.together), rows)


def _alike(frame: pd.DataFrame, columns: Sequence[str], rows: Mask) -> Mask:
    """Rows with the keys of these rows, which mostly are none."""
    if not rows.any():
        return np.zeros(len(frame), dtype=bool)
    keys = _keys(frame, list(columns))
    return np.asarray(keys.isin(keys[rows]))


def _keys(frame: pd.DataFrame, columns: list[str]) -> pd.MultiIndex:
    """Rows by these columns, absent values alike."""
    return pd.MultiIndex.from_frame(frame[columns].astype("object").where(frame[columns].notna(), ""))


def _following(
    name: str, frames: Mapping[str, pd.DataFrame], declared: Mapping[str, Table], hidden: Mapping[str, Hidden]
) -> Hidden:
    """Rows that are hidden because all rows they belong to in another table are, or the one that they carry."""
    table, own = declared[name], hidden[name]
    rows = own.rows.copy()
    for link in table.links:
        if link.table in frames and (there := hidden[link.table].rows).any():
            keys, mine = _keys(frames[link.table], list(link.theirs)), _keys(frames[name], list(link.own))
            rows |= np.asarray(mine.isin(keys[there]) & ~mine.isin(keys[~there]))
    return Hidden(rows, own.cells)


def _without_totals(
    frame: pd.DataFrame,
    table: Table,
    own: Hidden,
    hidden: Mapping[str, Hidden],
    frames: Mapping[str, pd.DataFrame],
) -> Hidden:
    """Sums over a table in which something is hidden are hidden: it would be the sum minus what is shown."""
    rows = own.rows.copy()
    for total in (t for t in table.totals_of if t.table in hidden):
        there = frames[total.table]
        of = np.logical_and.reduce([named(there, *pair) for pair in total.only], initial=True)
        if (hidden[total.table].rows & of).any():
            rows |= ((frame[total.by] == total.value) & ~frame[total.but].isin(total.steps)).to_numpy()
    cells = {name: cell | rows for name, cell in own.cells.items()} if table.totals_of else own.cells
    return Hidden(rows, cells)


def _blanked(frame: pd.DataFrame, table: Table, hidden: Hidden) -> pd.DataFrame:
    result = frame.drop(columns=["suppressed", "suppressed_columns"], errors="ignore")
    with_rows = set(_with_rows(frame, table))
    for name, cell in hidden.cells.items():
        where = cell | hidden.rows if name in with_rows else cell
        if where.any():
            result[name] = without(result[name], where)
    if table.whole_rows:
        return result.assign(suppressed=hidden.rows)
    single = [n for n, cell in hidden.cells.items() if (cell & ~hidden.rows).any()]
    named = [
        SEPARATOR.join(n for n in single if hidden.cells[n][i]) if not hidden.rows[i] else ""
        for i in range(len(frame))
    ]
    shown = result.assign(
        suppressed=hidden.rows, suppressed_columns=pd.Series(named, index=frame.index, dtype="str")
    )
    return shown[~hidden.rows].reset_index(drop=True) if table.rows_tell else shown


def without(column: pd.Series, where: Mask) -> pd.Series:
    """A column with numbers and flags absent and texts empty there."""
    if pd.api.types.is_bool_dtype(column):
        return column.astype("boolean").mask(where)
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64").mask(where)
    return column.mask(where, "")
