"""Coded remarks: whether coders agree, and how much a next session still adds.

Counts of remarks are not counts of people: nothing here gives them an interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BASE, RUN = 4, 2  # sessions that set the base, and sessions in each run after it
DRAWS = 2000
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha of nominal codes. n_units: remarks that two coders or more have coded."""

    value: float
    conf_low: float
    conf_high: float
    conf_level: float
    n_units: int
    n_coders: int


def krippendorff_alpha(
    codes: pd.DataFrame, conf_level: float = 0.95, draws: int = DRAWS, seed: int = 1
) -> Alpha | None:
    """Alpha of remarks (rows, each with its own id) by coders (columns), NaN where a coder gave no code.

    As R's `irr::kripp.alpha(t(codes), "nominal")`; the interval is the percentiles over remarks drawn anew. None where
    no remark has two codes. NaN where there is one code only, which cannot tell agreement from habit.
    """
    counts = _counts(codes.sort_index())
    if len(counts) == 0:
        return None
    random = np.random.default_rng(seed)
    weights = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=draws)
    drawn = _alphas(counts, weights.astype(float))
    value = float(_alphas(counts, np.ones((1, len(counts))))[0])
    known = drawn[~np.isnan(drawn)]
    tail = (1 - conf_level) / 2
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) and value == value else (np.nan, np.nan)
    n_coders = int(codes.notna().any().sum())
    return Alpha(value, float(min(low, value)), float(max(high, value)), conf_level, len(counts), n_coders)


def _counts(codes: pd.DataFrame) -> Array:
    """Remarks with two codes or more x codes: how many coders gave the code."""
    long = codes.stack().dropna().reset_index()
    long.columns = pd.Index(["unit", "coder", "code"])
    table = pd.crosstab(long["unit"], long["code"]).to_numpy(float)
    return np.asarray(table[table.sum(axis=1) >= 2])


def _alphas(counts: Array, weights: Array) -> Array:
    """Alpha for each row of weights of remarks: 1 - observed / expected disagreement."""
    m = counts.sum(axis=1)
    agreed = (counts * (counts - 1)).sum(axis=1) / (m - 1)
    n, totals = weights @ m, weights @ counts
    observed = 1 - (weights @ agreed) / n
    expected = 1 - (totals * (totals - 1)).sum(axis=1) / (n * (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(expected > 1e-12, 1 - observed / expected, np.nan))


@dataclass(frozen=True)
class Run:
    """What sessions `first` to `last` (counted from 1) added: new themes, and those as a part of the base."""

    first: int
    last: int
    new: int
    share: float


def new_information(sessions: Sequence[AbstractSet[str]]) -> list[Run]:
    """How much each run of two sessions adds to the themes of the first four (Guest, Namey & Chen 2020, PLOS ONE).

    sessions: the themes heard in each, in order of time. Each next run starts one session further. [] with fewer than
    six sessions, or where the first four held no theme.
    """
    base = set().union(*sessions[:BASE])
    if len(sessions) < BASE + RUN or not base:
        return []
    runs = []
    for start in range(BASE, len(sessions) - RUN + 1):
        known = set().union(*sessions[:start])
        new = set().union(*sessions[start : start + RUN]) - known
        runs.append(Run(start + 1, start + RUN, len(new), len(new) / len(base)))
    return runs
