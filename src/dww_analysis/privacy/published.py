"""What a reader gets of a table that passed the gate: four significant digits, and no difference of a few persons.

Digits. Counts are exact; every other number that rests on answers has at most four significant digits, as the US Census
Bureau's disclosure board asks of released statistics; what all in the room saw is no secret and keeps its digits, and
no earlier numbers. The full digits stay in data/derived for who may have them. Words print fewer digits still; so no
number is rounded up to a half, which would be rounded up again: 0.29347 is 0.2934, and 0.293 in words.

Two deliveries. Who lays an earlier publication beside a later one can take the difference: n and mean of both give the
mean of who came in between. A row in which a count (of persons, or of their answers) differs by 1 to minimum - 1 from
what was published before therefore keeps its earlier numbers, until at least the minimum of persons came or went: by
their number, or because so many answers did that fewer, each at every wave, cannot have given them. With it keep theirs

* the rows it adds up with (`domain.tables.AddsUp`): its new numbers are their new total minus the other new parts;
* what rests on the same persons in other tables (`Table.same_persons`): a scale, its subscales and its items;
* what follows the row or carries it (`Table.links`): variance components, the planned contrast over completed data.

Rows that add up are also kept when one publication hides parts that the other shows, and its total without what it
shows and without some of these is fewer persons than the minimum: who did not change between the two is known then. A
row that has to be kept but was not there before is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.tables import AddsUp, Table, register
from dww_analysis.privacy.gate import counts_of, is_small, seen_by_all, without, without_what_tells
from dww_analysis.privacy.sums import Equation, Mask, equations, rows_elsewhere

DIGITS = 4
LAST_BITS = 1e-12  # of a number, that the machine may have wrong
_ENDS_IN_FIVE = re.compile(r"5[.0]*e")  # of a number with an exponent
State = Mapping[str, Mapping[str, Mapping[str, Any]]]  # table -> key of a row -> column -> value
Rows = Mapping[str, Mapping[str, Any]]  # key of a row -> column -> value


def significant(values: NDArray[np.float64], digits: int = DIGITS) -> NDArray[np.float64]:
    """Values (n,) rounded to so many significant digits; zero, NaN and infinity stay.

    What would be rounded up to a half of any decimal is rounded down: a reader who rounds the result, with halves away
    from zero, gets what rounding the value gives.
    """
    values = np.asarray(values, dtype="float64")
    usable = np.isfinite(values) & (values != 0)
    return np.array([_significant(v, digits) if ok else v for v, ok in zip(values, usable, strict=True)])


def _significant(value: float, digits: int) -> float:
    written = f"{value:.{digits - 1}e}"
    if not _ENDS_IN_FIVE.search(written):
        return float(written)
    near = Decimal(written)
    last = near.normalize().as_tuple()
    of_decimal = isinstance(last.exponent, int) and last.exponent < 0
    if last.digits[-1] == 5 and of_decimal and abs(near) > abs(value) * (1 + LAST_BITS):
        near -= Decimal(1).scaleb(near.adjusted() - digits + 1).copy_sign(near)
    return float(near)


def rounded(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """`frame` with every number that rests on answers at four significant digits; counts and facts as they are."""
    result = frame.copy()
    declared = {c.name: c for c in table.columns}
    for name in map(str, frame.columns):
        column = declared.get(name)
        answers = column is None or (column.is_answer and column.kind == "number" and column.shows != "count")
        if answers and pd.api.types.is_float_dtype(frame[name]):
            values = frame[name].to_numpy(dtype="float64", na_value=np.nan)
            result[name] = np.where(seen_by_all(frame, table), values, significant(values))
    return result


def published_numbers(data: pd.DataFrame) -> pd.DataFrame:
    """The numbers of a figure: whole ones (counts, waves) as they are, others at four significant digits; other
    columns unchanged, the frame not written into."""
    result = data.copy()
    for name in data.columns[[pd.api.types.is_float_dtype(d) for d in data.dtypes]]:
        values = data[name].to_numpy(dtype="float64", na_value=np.nan)
        result[name] = np.where(values == np.round(values), values, significant(values))
    return result


def as_published(
    tables: Mapping[str, pd.DataFrame], earlier: State, minimum: int, waves: int = 1
) -> tuple[dict[str, pd.DataFrame], int]:
    """Gated tables as they are published, and how many rows keep the numbers of the earlier publication.

    waves: how often one person may have answered.

    Tables that rest on the same persons (`Table.same_persons`) have to be given together.
    """
    frames = {name: rounded(frame, register()[name]) for name, frame in tables.items()}
    gone = _entries_as_before(frames, earlier)
    frames = {
        name: _as_before(f, register()[name], earlier.get(name, {}), gone) for name, f in frames.items()
    }
    kept = _kept(frames, earlier, minimum, waves)
    for name in (n for n in frames if register()[n].rows_tell and register()[n].links[0].table in frames):
        frames[name], kept[name] = _rows_as_before(name, frames, earlier.get(name, {}), kept)
    result = {
        name: _with_earlier(frame, register()[name], earlier.get(name, {}), kept[name])
        for name, frame in frames.items()
    }
    return without_what_tells(result, minimum), sum(int(rows.sum()) for rows in kept.values())


def _entries_as_before(frames: Mapping[str, pd.DataFrame], earlier: State) -> set[str]:
    """The entries that stay hidden though another analysis found them (`_of_other_analyses`)."""
    found: set[str] = set()
    for name, frame in frames.items():
        own = [earlier.get(name, {}).get(key, {}) for key in _row_names(frame, register()[name])]
        other = _of_other_analyses(frame, register()[name], own)
        found |= set(frame.loc[other, "entry"]) if other.any() else set()
    return found


def _as_before(frame: pd.DataFrame, table: Table, before: Rows, entries: set[str]) -> pd.DataFrame:
    """Without the rows of these entries that were not there before: that they are there would tell as much."""
    if not entries or "entry" not in frame:
        return frame
    there = np.array([key in before for key in _row_names(frame, table)], dtype=bool)
    return frame[there | ~frame["entry"].isin(entries).to_numpy()].reset_index(drop=True)


def state_of(tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, dict[str, Any]]]:
    """What is published, to be laid beside the next publication: the rows of tables that rest on counts of persons, and
    of those that follow such rows."""
    return {
        name: _rows(frame, register()[name])
        for name, frame in tables.items()
        if register()[name].protected_by or register()[name].links
    }


def _rows(frame: pd.DataFrame, table: Table) -> dict[str, dict[str, Any]]:
    plain = frame.astype("object").where(frame.notna(), None)
    return dict(zip(_row_names(frame, table), plain.to_dict("records"), strict=True))


def _key(frame: pd.DataFrame, table: Table) -> tuple[str, ...]:
    """What names a row; in a table without a key also the columns that studies name."""
    undeclared = (str(c) for c in frame.columns if c not in table.safe().names)
    return table.key or (*table.showing("key"), *undeclared)


def _row_names(frame: pd.DataFrame, table: Table) -> list[str]:
    return _keys(frame, _key(frame, table))


def _keys(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    cells = [[_name(v) for v in frame[c]] for c in columns]
    return ["|".join(parts) for parts in zip(*cells, strict=True)]


def _name(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _kept(frames: Mapping[str, pd.DataFrame], earlier: State, minimum: int, waves: int) -> dict[str, Mask]:
    """The rows of each table that keep their earlier numbers."""
    kept, groups = {}, {}
    for name, frame in frames.items():
        table, before = register()[name], earlier.get(name, {})
        kept[name] = _too_near(frame, table, before, minimum, waves)
        groups[name] = [_members(e) for e in equations(frame, list(table.adds_up))] if before else []
    size = -1
    while sum(int(rows.sum()) for rows in kept.values()) > size:
        size = sum(int(rows.sum()) for rows in kept.values())
        for name, rows in kept.items():
            for group in groups[name]:
                rows[group] |= rows[group].any()
        kept = _linked(frames, _same_persons(frames, kept))
    return kept


def _members(equation: Equation) -> NDArray[np.int_]:
    return equation.parts if equation.total is None else np.append(equation.parts, equation.total)


def _same_persons(frames: Mapping[str, pd.DataFrame], kept: Mapping[str, Mask]) -> dict[str, Mask]:
    """With a row that is kept, the rows of all tables that rest on the same persons: also rows about all waves."""
    families = {name: _families(frame, register()[name]) for name, frame in frames.items()}
    joined: set[str] = set()
    for name, rows in kept.items():
        own = frames[name][rows]
        joined |= {*_families(own, register()[name]), *_families(own.assign(wave=""), register()[name])}
    joined.discard("")
    return {
        name: rows | np.array([f in joined for f in families[name]], dtype=bool)
        for name, rows in kept.items()
    }


def _linked(frames: Mapping[str, pd.DataFrame], kept: Mapping[str, Mask]) -> dict[str, Mask]:
    """With a row that is kept, the rows of other tables that follow or carry it."""
    result = dict(kept)
    for name, frame in frames.items():
        for link in (k for k in register()[name].links if k.table in frames):
            there = set(np.array(_keys(frames[link.table], link.theirs))[kept[link.table]])
            result[name] = result[name] | np.array([k in there for k in _keys(frame, link.own)], dtype=bool)
    return result


def _rows_as_before(
    name: str, frames: Mapping[str, pd.DataFrame], before: Rows, kept: Mapping[str, Mask]
) -> tuple[pd.DataFrame, Mask]:
    """The rows of a table, and which of them keep their earlier numbers: with a row that is kept of the table that it
    follows, the rows that there were earlier."""
    frame, table = frames[name], register()[name]
    (link,) = table.links
    theirs = np.array(_keys(frames[link.table], link.theirs), dtype=object)
    there = set(theirs[kept[link.table]])
    if not there:
        return frame, kept[name]
    own = [key in there for key in _keys(frame, link.own)]
    again = [row for row in before.values() if "|".join(_name(row[c]) for c in link.own) in there]
    blank = frame.astype(dict.fromkeys(frame.select_dtypes("bool"), "boolean")).iloc[:0]
    keys = {c: pd.Series([row[c] for row in again], dtype=blank[c].dtype) for c in table.key}
    returning = blank.reindex(range(len(again))).assign(**keys)
    fresh = ~np.array(own, dtype=bool)
    rows = pd.concat([frame[fresh], returning], ignore_index=True)
    of_rows = np.append(kept[name][fresh], np.ones(len(again), dtype=bool))
    place = {key: i for i, key in enumerate(theirs)}
    order = np.argsort([place[key] for key in _keys(rows, link.own)], kind="stable")
    return rows.iloc[order].reset_index(drop=True), of_rows[order]


def _families(frame: pd.DataFrame, table: Table) -> list[str]:
    """The persons that each row rests on, a scale and its subscales alike; "" in tables that do not say."""
    if not table.same_persons:
        return [""] * len(frame)
    if "scale" in frame:
        frame = frame.assign(scale=frame["scale"].astype("str").str.split(".").str[0])
    return [f"{'|'.join(table.same_persons)}: {key}" for key in _keys(frame, table.same_persons)]


def _too_near(frame: pd.DataFrame, table: Table, before: Rows, minimum: int, waves: int) -> Mask:
    """Rows whose new numbers laid beside the earlier ones say something about fewer persons than the minimum."""
    rows = np.zeros(len(frame), dtype=bool)
    counts = [c for c in table.protected_by if c in frame and c not in table.exact]
    if not before or not counts:
        return rows
    own = [before.get(key, {}) for key in _row_names(frame, table)]
    answers = [c for c in table.showing("persons") if c in frame and c not in table.exact]
    for name in dict.fromkeys((*counts, *answers)):
        rows |= is_small(_moved(frame, own, name), minimum)
    for column in (c for c in table.columns if c.name in answers and c.of in frame):
        few = _moved(frame, own, column.of) < minimum
        rows |= few & is_small(_moved(frame, own, column.name), minimum * waves)
    rows |= _of_other_analyses(frame, table, own)
    rows &= ~seen_by_all(frame, table)
    for rule in table.adds_up:
        for name in (n for n in rule.counts if n in counts):
            for equation in _crossing(frame, rule, name, own, minimum):
                rows[_members(equation)] = True
    return rows


def _of_other_analyses(frame: pd.DataFrame, table: Table, own: list[Mapping[str, Any]]) -> Mask:
    """Rows of entries of which a row was hidden, and is found by another analysis now: its counts are of other answers,
    and that it may be shown would tell what the few said who came in between."""
    if not table.found_by:
        return np.zeros(len(frame), dtype=bool)
    other = [
        row.get("suppressed") is True and row.get(table.found_by) != now
        for row, now in zip(own, frame[table.found_by], strict=True)
    ]
    return np.asarray(frame["entry"].isin(frame.loc[other, "entry"]), dtype=bool)


def _moved(frame: pd.DataFrame, own: list[Mapping[str, Any]], name: str) -> NDArray[np.float64]:
    """By how many a count differs from what it was; NaN where one of both is not known."""
    return np.abs(counts_of(frame, name) - _earlier_counts(own, name))


def _earlier_counts(own: list[Mapping[str, Any]], name: str) -> NDArray[np.float64]:
    return np.array([np.nan if row.get(name) is None else float(row[name]) for row in own])


def _crossing(
    frame: pd.DataFrame, rule: AddsUp, name: str, own: list[Mapping[str, Any]], minimum: int
) -> Iterator[Equation]:
    """What adds up, where parts that one publication hides and the other shows leave a few persons of the total."""
    if (rule.total, rule.total_column, rule.total_in) == (None, None, None):
        return
    totals = rule.total_column or (rule.total_in[0] if rule.total_in else name)
    now, before = counts_of(frame, name), _earlier_counts(own, name)
    total_now, total_before = counts_of(frame, totals), _earlier_counts(own, totals)
    for equation in equations(frame, [rule]):
        parts = equation.parts
        at = parts if equation.total is None else [equation.total]
        at = np.flatnonzero(rows_elsewhere(frame, rule, parts)) if rule.total_in else at
        for total, one, other in ((total_now, now, before), (total_before, before, now)):
            known = total[at][~np.isnan(total[at])]
            if len(known) and _leaves_few(known.max(), one[parts], other[parts], minimum):
                yield equation
                break


def _leaves_few(total: float, one: NDArray[np.float64], other: NDArray[np.float64], minimum: int) -> bool:
    """Whether a total without its shown parts, and without some that only `other` shows, is a few persons."""
    rest, sums = total - np.nansum(one), {0.0}
    for part in other[np.isnan(one) & (other > 0)]:
        sums |= {s + part for s in sums if s + part < rest}
    return any(rest - s < minimum for s in sums - {0.0})


def _with_earlier(frame: pd.DataFrame, table: Table, before: Rows, kept: Mask) -> pd.DataFrame:
    """`frame` with the earlier numbers of the kept rows; those that were not there before are hidden."""
    if not kept.any():
        return frame
    own = [
        before.get(key) if keep else None for key, keep in zip(_row_names(frame, table), kept, strict=True)
    ]
    fresh = kept & np.array([row is None for row in own], dtype=bool)
    result = frame.copy()
    for name in (c for c in frame.columns if c not in _key(frame, table)):
        result[name] = _put(frame[name], own)
        if fresh.any() and _tells_of_persons(name, table):
            result[name] = without(result[name], fresh)
    return result.assign(suppressed=result["suppressed"].astype(bool) | fresh)


def _tells_of_persons(name: str, table: Table) -> bool:
    if name in ("suppressed", *table.exact):
        return False
    return name not in table.names or table.column(name).is_answer or table.column(name).shows == "persons"


def _put(column: pd.Series, own: list[Mapping[str, Any] | None]) -> pd.Series:
    """A column with the values of the rows that there are earlier ones of."""
    name = str(column.name)
    values = [v if row is None or name not in row else row[name] for v, row in zip(column, own, strict=True)]
    lost = [value is None or value is pd.NA for value in values]
    if pd.api.types.is_bool_dtype(column):
        kind = "boolean" if any(lost) else column.dtype
        return pd.Series(values, index=column.index, dtype=kind, name=name)
    if pd.api.types.is_numeric_dtype(column):
        return pd.to_numeric(pd.Series(values, index=column.index, dtype="object", name=name))
    worded = ["" if gone else value for value, gone in zip(values, lost, strict=True)]
    return pd.Series(worded, index=column.index, dtype=column.dtype, name=name)
