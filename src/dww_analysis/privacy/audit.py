"""An attacker that has only what is published, and tries to learn about few persons.

It knows how the tables are made (the declarations), subtracts shown parts from shown totals, multiplies shares by
counts, looks for quantiles of small groups, for more digits than were promised, and for means that bound single
persons. What it finds stops publication. It shares the declarations with the gate, but has no other numbers than those
that were written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dww_analysis.domain.tables import AddsUp, Table, register
from dww_analysis.domain.tables.effects import ESTIMATES
from dww_analysis.errors import DisclosureError, Problem, raise_all
from dww_analysis.privacy.audit_apart import few_apart
from dww_analysis.privacy.gate import QUANTILES_FROM, counts_of, is_small, open_rows, seen_by_all
from dww_analysis.privacy.linear import Statement, bounds, exactly
from dww_analysis.privacy.published import DIGITS, significant
from dww_analysis.privacy.ratings import told_by_intervals
from dww_analysis.privacy.sums import named, parts_and_totals, total_elsewhere
from dww_analysis.privacy.two_answers import told_by_two_answers

ROUNDED = 5e-4  # of means and SDs with four digits


@dataclass(frozen=True)
class Finding:
    """One way in: of which table, what follows, and for how many rows. Holds no values."""

    table: str
    what: str
    rows: int

    def problem(self) -> Problem:
        """The finding as a message."""
        return Problem(
            found=f"{self.what} ({self.rows} rows)",
            where=f"{self.table}.csv",
            expected="nothing about fewer persons than the minimum follows from what is shown",
            action="nothing was published; keep these files and tell who maintains the program",
        )


def attack(published: Mapping[str, pd.DataFrame], minimum: int) -> list[Finding]:
    """Everything the attacker finds in the published tables (by the names of their declarations): a Finding for each
    way, with how many rows it was found in; [] where it finds nothing. A table without a declaration is a
    finding."""
    found = []
    for name, frame in published.items():
        if name not in register():
            found.append(Finding(name, "a table that nobody declared", len(frame)))
            continue
        for way in WAYS:
            found += [f for f in way(frame, register()[name], minimum) if f.rows]
    ways = (told_apart, items_of_scales, of_few_apart)
    return [*found, *(f for way in ways for f in way(published, minimum) if f.rows)]


def told_apart(published: Mapping[str, pd.DataFrame], minimum: int) -> Iterator[Finding]:
    """Counts that stand in rows hidden for whom they differ by, minus the same counts of other rows of their entry."""
    of_estimates = _counts_by_entry(published, ESTIMATES)
    for table in (register()[name] for name in published if name in register()):
        if table.apart:
            own = _counts_by_entry(published, table)
            others = pd.concat([own, of_estimates])
            both = own[own["suppressed"]].merge(others, on=["entry", "count"], suffixes=("", "_other"))
            few = is_small(np.abs(counts_of(both, "value") - counts_of(both, "value_other")), minimum)
            what = f"counts that differ by 1 to {minimum - 1} persons from others of their entry, in a suppressed row"
            yield Finding(table.name, what, both.loc[few, "row"].nunique())


def items_of_scales(published: Mapping[str, pd.DataFrame], minimum: int) -> Iterator[Finding]:
    """Items whose hidden mean is that of their scale without the shown ones, or whose hidden SD is what alpha and the
    SD of the scale leave; and the SD of a single item, which its scale has too."""
    if not {"items", "descriptives"} <= set(published):
        return
    groups, everybody = ["sample", "scale", "wave"], published["descriptives"]
    everybody = everybody[everybody["arm"].fillna("") == ""].drop_duplicates(groups)
    alpha = published.get("reliability", pd.DataFrame(columns=[*groups, "alpha"]))
    has_alpha = set(_groups_of(alpha[alpha["alpha"].notna()], groups))
    told = {"mean": 0, "sd": 0, "single": 0}
    of_group = published["items"].groupby(groups).indices.items()
    for name in ("mean", "sd"):
        shown = set(_groups_of(everybody[everybody[name].notna()], groups))
        absent = published["items"][name].isna().to_numpy()
        for group, items in of_group:
            alone = absent[items].sum() == 1 and group in shown
            enough = name == "mean" or group in has_alpha
            told[name] += int(alone and enough and len(items) > 1)
            told["single"] += int(alone and len(items) == 1)
    yield Finding("items", "a hidden mean is that of the scale without the others", told["mean"])
    yield Finding("items", "a hidden SD is what alpha and the SD of the scale leave", told["sd"])
    yield Finding("items", "numbers of a single item that its scale shows", told["single"])


def _groups_of(frame: pd.DataFrame, groups: list[str]) -> Iterator[tuple[object, ...]]:
    return zip(*(frame[name] for name in groups), strict=True)


def of_few_apart(published: Mapping[str, pd.DataFrame], minimum: int) -> Iterator[Finding]:
    """Sums that nearly the same persons make, of which the rest is of few (`audit_apart`), what few who said yes or no
    leave few values of, and SDs that intervals give back."""
    told = (
        *few_apart(published, minimum),
        *told_by_two_answers(published),
        *told_by_intervals(published, minimum),
    )
    yield from (Finding(*of) for of in told)


def _counts_by_entry(published: Mapping[str, pd.DataFrame], table: Table) -> pd.DataFrame:
    """One line for each count of persons that is shown: row, entry, suppressed, count (as under any plan), value."""
    names = ["entry", "suppressed"]
    frame = published.get(table.name, pd.DataFrame(columns=names)).rename_axis("row").reset_index()
    counts = [c for c in table.showing("persons") if c in frame]
    lines = frame.melt(["row", *names], counts, "count").dropna(subset=["value"])
    stem = lines["count"].astype("str").str.removesuffix("_sealed").str.removesuffix("_now")
    return lines.assign(count=stem, suppressed=lines["suppressed"].astype(bool))


def raise_findings(findings: list[Finding]) -> None:
    """DisclosureError with all findings; nothing when there are none."""
    raise_all([f.problem() for f in findings], DisclosureError)


def _shown(frame: pd.DataFrame, name: str) -> np.ndarray:
    return counts_of(frame, name)


def _closed(frame: pd.DataFrame, table: Table) -> np.ndarray:
    """Rows whose counts are not deliberately exact."""
    return ~open_rows(frame, table)


def small_counts(frame: pd.DataFrame, table: Table, minimum: int) -> Iterator[Finding]:
    """Counts of a few persons that are printed, in columns that protect or show one; rows of what was said in the
    open, and exact columns, are left out."""
    names = (*table.protected_by, *table.showing("count"))
    for name in dict.fromkeys(n for n in names if n not in table.exact and n in frame):
        small = is_small(_shown(frame, name), minimum) & _closed(frame, table)
        yield Finding(table.name, f"counts of 1 to {minimum - 1} persons in {name}", int(small.sum()))


def small_shares(frame: pd.DataFrame, table: Table, minimum: int) -> Iterator[Finding]:
    """Shares that are a few persons, or all but a few: each column of shares times the column it is of."""
    for column in table.columns:
        if column.shows == "share" and column.of in frame and column.name not in table.exact:
            n = _shown(frame, column.of)
            count = np.round(_shown(frame, column.name) * n)
            small = (is_small(count, minimum) | is_small(n - count, minimum)) & _closed(frame, table)
            yield Finding(table.name, f"{column.name} times {column.of} is a few persons", int(small.sum()))


def small_quantiles(frame: pd.DataFrame, table: Table, minimum: int) -> Iterator[Finding]:
    """Quantiles of so few persons that answers can be put together from them, by column."""
    for column in table.columns:
        if column.shows == "quantile" and column.of in frame:
            few = (
                is_small(_shown(frame, column.of), QUANTILES_FROM * minimum)
                & frame[column.name].notna().to_numpy()
            )
            yield Finding(
                table.name, f"{column.name} of fewer than {QUANTILES_FROM * minimum} persons", int(few.sum())
            )


def shown_though_hidden(frame: pd.DataFrame, table: Table, minimum: int) -> Iterator[Finding]:
    """Numbers, flags and words about answers that stand in rows which say that they are suppressed."""
    hidden = (
        frame["suppressed"].to_numpy(dtype=bool)
        if "suppressed" in frame
        else np.zeros(len(frame), dtype=bool)
    )
    answers = [c.name for c in table.columns if c.is_answer and c.name in frame]
    sums = table.showing("persons") if table.totals_of else ()
    for name in (n for n in (*answers, *sums) if n not in table.exact):
        there = hidden & frame[name].notna().to_numpy() & np.asarray(frame[name].astype("object") != "")
        yield Finding(table.name, f"{name} in a suppressed row", int(there.sum()))


def telling_of_others(frame: pd.DataFrame, table: Table, minimum: int) -> Iterator[Finding]:
    """Numbers that compare a row with hidden ones, or that are made of as many persons as a hidden count."""
    for tells in table.tells:
        off = frame["suppressed"].to_numpy(dtype=bool)
        if tells.parts is not None:
            off = off & named(frame, *tells.parts)
        keys = pd.MultiIndex.from_frame(frame[list(tells.within)].astype("object").fillna(""))
        for name in (n for n in tells.columns if n in frame):
            told = np.asarray(keys.isin(keys[off])) & np.isfinite(_shown(frame, name))
            yield Finding(table.name, f"{name} of rows beside hidden ones", int(told.sum()))
    counted = [c for c in table.columns if c.of in frame and c.name in frame and c.name not in table.exact]
    for column in (c for c in counted if c.is_answer and c.of not in table.exact):
        told = np.isnan(_shown(frame, column.of)) & np.isfinite(_shown(frame, column.name))
        yield Finding(table.name, f"{column.name} is a fraction of the hidden {column.of}", int(told.sum()))


def too_many_digits(frame: pd.DataFrame, table: Table, minimum: int) -> Iterator[Finding]:
    """Numbers with more digits than were promised, by column: many digits of few persons have one solution."""
    for column in table.columns:
        if column.kind == "number" and column.is_answer and column.name in frame:
            value = _shown(frame, column.name)
            more = np.isfinite(value) & ~np.isclose(value, significant(value), rtol=1e-9, atol=0)
            more &= ~seen_by_all(frame, table)
            yield Finding(
                table.name, f"more than {DIGITS} significant digits in {column.name}", int(more.sum())
            )


def single_scores(frame: pd.DataFrame, table: Table, minimum: int) -> Iterator[Finding]:
    """Rows whose mean and SD leave every single score less than half of the range, tried person by person."""
    bounded = 0
    for n, low, high, mean, sd in _of_scores(frame, table):
        others = (n - 1) * np.array([high, low])  # everybody else as high, or as low, as can be
        least, most = np.clip(n * mean - others, low, high)
        if np.isfinite(sd):
            # one person at distance d and the others together at -d: squares of at least d^2 + d^2 / (n - 1)
            reach = np.sqrt((n - 1) * sd**2 / (1 + 1 / (n - 1))) if n > 1 else 0.0
            least, most = max(least, mean - reach), min(most, mean + reach)
        bounded += bool(most - least < (high - low) / 2 - ROUNDED)
    yield Finding(table.name, "means and SDs that bound every single score", bounded)


def few_with_one_answer(frame: pd.DataFrame, table: Table, minimum: int) -> Iterator[Finding]:
    """Rows in which counts of a few persons are behind the mean and SD of at most three answer options, or of the two
    ends of a scale, of all counts that fit."""
    told = 0
    for n, low, high, mean, sd in _of_scores(frame, table):
        if high - low not in (1, 2) or ("item" not in frame and high - low != 1):
            low, high, mean, sd = 0, 1, (mean - low) / (high - low), sd / (high - low)
            if np.isnan(sd):
                continue
        fits = counts_that_fit(int(n), int(high - low) + 1, mean - low, sd)
        if len(fits) and not (np.isnan(sd) and high - low == 2):
            least, most = fits.min(axis=0), fits.max(axis=0)
            told += bool(((least > 0) & (least < minimum) & (most - least < minimum - 1)).any())
    yield Finding(table.name, "counts of a few persons with one answer follow from mean and SD", told)


def _of_scores(frame: pd.DataFrame, table: Table) -> Iterator[tuple[float, ...]]:
    """n, lowest, highest, mean and SD of each row with a shown mean of a scale or an item."""
    if not {"score_min", "score_max", "mean", "sd"} <= set(frame.columns) or not table.protected_by:
        return
    columns = (table.protected_by[0], "score_min", "score_max", "mean", "sd")
    for row in zip(*(_shown(frame, c) for c in columns), strict=True):
        if np.isfinite(row[:4]).all() and row[0] > 0:
            yield row


def counts_that_fit(n: int, options: int, mean: float, sd: float) -> np.ndarray:
    """Counts of the answers 0, 1 (and 2) of n persons, shape (fits, options), with this mean and SD in the published
    digits: of each sum that the answers can have, those with the fewest and the most of the highest answer.

    Given the sum, the squares grow by two for each pair of ones that becomes a nought and a two, so that the twos of
    all counts that fit are a row of numbers without gaps; their ends are among a few candidates.
    """
    reach = n * ROUNDED
    sums = np.arange(max(0, int(n * mean - reach)), min((options - 1) * n, int(n * mean + reach) + 1) + 1)
    lowest, highest = np.maximum(0, sums - n), sums // 2
    if options == 2:
        return _fitting(np.column_stack([n - sums, sums]), mean, sd)
    if np.isfinite(sd) and n > 1:
        squares = (n - 1) * np.array([max(sd - ROUNDED, 0.0), sd + ROUNDED])[:, None] ** 2 + sums**2 / n
        of_sd = np.clip((squares - sums) / 2, -2.0, n + 2.0)
        lowest = np.maximum(lowest, np.floor(of_sd[0]).astype(int) - 1)
        highest = np.minimum(highest, np.ceil(of_sd[1]).astype(int) + 1)
    twos = np.concatenate([np.add.outer(range(4), lowest), np.add.outer(range(-3, 1), highest)])
    ones = sums - 2 * twos
    counts = np.stack([n - ones - twos, ones, twos], axis=-1)[(twos >= lowest) & (twos <= highest)]
    return _fitting(counts[(counts >= 0).all(axis=-1)], mean, sd)


def _fitting(counts: np.ndarray, mean: float, sd: float) -> np.ndarray:
    """Those of the counts, a row each, whose answers 0, 1, 2 have this mean and SD in the published digits."""
    n, x = counts.sum(axis=1), np.arange(counts.shape[1])
    own = counts @ x / n
    fits = np.abs(own - mean) < ROUNDED
    if np.isfinite(sd):
        spread = np.sqrt(np.maximum(counts @ x**2 - n * own**2, 0.0) / np.where(n > 1, n - 1, np.nan))
        fits &= np.abs(spread - sd) < ROUNDED
    return counts[fits]


def subtraction(frame: pd.DataFrame, table: Table, minimum: int) -> Iterator[Finding]:
    """Groups that are a total minus its shown parts, of counts and of answers, by the rows that the table's rules
    (`adds_up`) put together."""
    for rule in table.adds_up:
        if (rule.total, rule.total_column, rule.total_in) == (None, None, None):
            continue
        for name in (n for n in rule.counts if n in frame):
            yield _differences(frame, table, rule, name, "count", minimum)
            if rule.values:
                yield _differences(frame, table, rule, name, "answers", minimum)


def _differences(
    frame: pd.DataFrame, table: Table, rule: AddsUp, name: str, of: str, minimum: int
) -> Finding:
    n, leaks = _shown(frame, name), 0
    hidden = np.isnan(n) if of == "count" else frame["suppressed"].to_numpy(dtype=bool)
    for parts, totals in parts_and_totals(frame, rule):
        total = _total(frame, rule, n, parts, totals)
        if total is None or np.isnan(total) or not hidden[parts].any() or (len(totals) and hidden[totals[0]]):
            continue
        rest = total - np.nansum(n[parts][~hidden[parts]])
        leaks += bool(0 < rest < minimum)
    return Finding(table.name, f"hidden {of} of {rule.over} follow from a total by subtraction", leaks)


def _total(
    frame: pd.DataFrame, rule: AddsUp, n: np.ndarray, parts: np.ndarray, totals: np.ndarray
) -> float | None:
    if rule.total_column is not None:
        shown = _shown(frame, rule.total_column)[parts]
        return float(np.nanmax(shown)) if np.isfinite(shown).any() else None
    return float(n[totals[0]]) if len(totals) else total_elsewhere(frame, rule, parts)


def pinned_counts(frame: pd.DataFrame, table: Table, minimum: int) -> Iterator[Finding]:
    """Hidden counts that all rules of the table together leave fewer values than the minimum, by column; bounds by
    linear programming (`linear.bounds`)."""
    for name in dict.fromkeys(n for rule in table.adds_up for n in rule.counts if n in frame):
        n = _shown(frame, name)
        hidden = np.isnan(n) & _closed(frame, table)
        statements = list(_statements(frame, table, name, n))
        joined = sorted({c for s in statements for c in s.cells if hidden[c]})
        if not joined:
            continue
        top = float(np.nansum(n)) + max(s.high for s in statements)
        limits = {c: (0.0, top) for s in statements for c in s.cells}
        found = bounds(statements, limits, joined)
        narrow = [
            c
            for c, (low, high) in found.items()
            if low < minimum - 0.5 and high > 0.5 and _narrow(low, high, minimum)
        ]
        yield Finding(table.name, f"hidden counts in {name} follow from what adds up", len(narrow))


def _narrow(low: float, high: float, minimum: int) -> bool:
    """Whether a count has fewer possible values than the minimum (or statements that contradict each other)."""
    return not high - low >= (minimum - 1) * (1 - 1e-6)


def _statements(frame: pd.DataFrame, table: Table, name: str, n: np.ndarray) -> Iterator[Statement]:
    for rule in (r for r in table.adds_up if name in r.counts):
        for parts, totals in parts_and_totals(frame, rule):
            total = _total(frame, rule, n, parts, totals)
            cells = {int(i): 1.0 for i in parts if np.isnan(n[i])}
            if len(parts) and len(totals) and np.isnan(n[totals[0]]):
                cells[int(totals[0])], total = -1.0, 0.0
            if cells and total is not None and not np.isnan(total):
                yield exactly(cells, total - float(np.nansum(n[parts])))


Way = Callable[[pd.DataFrame, Table, int], Iterator[Finding]]
WAYS: tuple[Way, ...] = (
    small_counts,
    shown_though_hidden,
    small_shares,
    small_quantiles,
    telling_of_others,
    too_many_digits,
    single_scores,
    few_with_one_answer,
    subtraction,
    pinned_counts,
)
