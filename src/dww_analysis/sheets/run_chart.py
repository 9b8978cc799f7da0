"""A run chart of a unit's own counts: whether the points move about their median more than chance mostly makes them.

Two signals and no others (Anhoej & Olesen 2014, PLoS ONE 9(11): e113825): an unusually long run on one side of the
median, and unusually few crossings of it. There is no rule for trends: five points that rise or fall occur by chance in
11 % of series of 12 points and 25 % of series of 24. The median never moves along with the points; a break is the day
an action starts. Never over waves of a survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, log2

import numpy as np

from dww_analysis.domain.cycle import RunChart, Signal

FEWEST_USEFUL = 10  # points off the median, to say anything
FEWEST_BEFORE = 12  # points before the break, for a median of those alone
MOST_AFTER = 12  # points after the break that such a median judges
RISK = 0.05  # of the lower quantile of crossings


def longest_expected(useful: int) -> int:
    """round(log2(n) + 3): a longer run of n useful points is a signal."""
    return round(log2(useful) + 3)


def fewest_expected(useful: int) -> int:
    """The lower 5 % quantile of a binomial of n - 1 at one half (qbinom(.05, n - 1, .5)): fewer are a signal."""
    turns = useful - 1
    total = 0
    for crossings in range(turns + 1):
        total += comb(turns, crossings)
        if total >= RISK * 2**turns:
            return crossings
    return turns


def run_chart(values: Sequence[float], before: int | None = None) -> RunChart:
    """The chart of `values` in the order of time. before: how many of them are before the break, None without a break.

    The median is of the whole series, or of the points before the break when there are 12 or more and points after
    it; then the first 12 points after it are judged. Points on the median count for nothing.
    """
    series = np.asarray(values, dtype="float64")
    frozen = before is not None and FEWEST_BEFORE <= before < len(series)
    judged = min(len(series), before + MOST_AFTER) if frozen and before is not None else len(series)
    median = float(np.median(series[:before] if frozen else series)) if len(series) else float("nan")
    off = np.flatnonzero(series[:judged] != median)
    above = series[off] > median
    starts = np.flatnonzero(np.diff(above, prepend=not above[0])) if len(off) else np.array([], dtype=int)
    lengths = np.diff(starts, append=len(off))
    longest = int(lengths.max(initial=0))
    crossings = max(len(starts) - 1, 0)
    first = int(starts[lengths.argmax()]) if len(off) else 0
    useful = len(off)
    limits = (longest_expected(useful), fewest_expected(useful)) if useful else (0, 0)
    return RunChart(
        values=tuple(float(v) for v in series),
        median=median,
        frozen=frozen,
        judged=judged,
        useful=useful,
        longest_run=longest,
        longest_expected=limits[0],
        crossings=crossings,
        fewest_expected=limits[1],
        signal=_signal(useful, longest > limits[0], crossings < limits[1]),
        run_start=int(off[first]) if useful else 0,
        run_above=bool(above[first]) if useful else False,
        starts_before=bool(useful and before is not None and off[first] < before),
    )


def _signal(useful: int, long: bool, few: bool) -> Signal:
    if useful < FEWEST_USEFUL:
        return "too_few"
    if long and few:
        return "both"
    return "run" if long else "crossings" if few else "none"
