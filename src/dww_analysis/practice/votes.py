"""Votes of a room: shares of options, and what moved between before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from dww_analysis.practice.shares import Share, wilson


@dataclass(frozen=True)
class VoteChange:
    """Change of the share that chose one option, of those who voted twice.

    gained, lost: how many came to it and left it; p_value: exact McNemar. Always true: conf_low <= value <= conf_high.
    """

    value: float
    conf_low: float
    conf_high: float
    conf_level: float
    p_value: float
    gained: int
    lost: int
    n: int


def vote_shares(counts: Mapping[str, int]) -> dict[str, Share]:
    """Option -> its share of all votes, with Wilson's interval. counts: option -> votes."""
    total = sum(counts.values())
    return {option: wilson(count, total) for option, count in counts.items()}


def mcnemar_exact(gained: int, lost: int) -> float:
    """Exact McNemar: twice the smaller tail of binomial(gained + lost, 1/2), as R's `binom.test(9, 11)`; 1 when none
    moved."""
    return float(min(1.0, 2 * stats.binom.cdf(min(gained, lost), gained + lost, 0.5)))


def vote_change(
    before: pd.Series, after: pd.Series, option: str, conf_level: float = 0.95
) -> VoteChange | None:
    """What happened to one option among ballots that are in both; None where no ballot is.

    before, after: option by ballot code, each code once. The interval is Agresti and Min's (2005) for paired shares:
    half a person is added to each cell of the 2 x 2 table. Without ballot codes other people may have voted, and there
    is no change to compute.
    """
    both = before.index.intersection(after.index)
    n = len(both)
    if n == 0:
        return None
    was, now = (votes.loc[both] == option for votes in (before, after))
    gained, lost = int((now & ~was).sum()), int((was & ~now).sum())
    middle = (gained - lost) / (n + 2)
    z = float(stats.norm.ppf((1 + conf_level) / 2))
    half = z * np.sqrt(gained + lost + 1 - (gained - lost) ** 2 / (n + 2)) / (n + 2)
    low, high = max(-1.0, middle - half), min(1.0, middle + half)
    return VoteChange(
        (gained - lost) / n, float(low), float(high), conf_level, mcnemar_exact(gained, lost), gained, lost, n
    )
