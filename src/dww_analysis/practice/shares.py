"""Shares of few: with Wilson's interval, per role, and with each role weighing the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from dww_analysis.errors import PracticeError
from dww_analysis.practice.ballots import by_role


@dataclass(frozen=True)
class Share:
    """`count` of `n`. Always true: 0 <= conf_low <= value <= conf_high <= 1, or all NaN where n is 0."""

    count: int
    n: int
    value: float
    conf_low: float
    conf_high: float
    conf_level: float
    n_possible: float = float("nan")  # how many could have answered; NaN where nobody knows


def wilson(count: int, n: int, n_possible: float = np.nan, conf_level: float = 0.95) -> Share:
    """A share with the interval of Wilson (1927), as R's `prop.test(count, n, correct = FALSE)`.

    n_possible: how many could have answered; NaN where nobody knows. Where they all did, nobody is left to be
    unsure of and the bounds meet;
    no other correction is made. Refuses a count outside 0 to n, and n above n_possible.
    """
    if not 0 <= count <= n or n > n_possible:
        raise PracticeError.of(
            found=f"{count} of {n}",
            where="a share",
            expected=f"a count from 0 to n, and n at most {n_possible:g}",
            action="count again",
        )
    if n == 0:
        return Share(0, 0, *(float("nan"),) * 3, conf_level, n_possible)
    p = count / n
    if n == n_possible:
        return Share(count, n, p, p, p, conf_level, n_possible)
    z2 = float(stats.norm.ppf((1 + conf_level) / 2)) ** 2
    middle, half = p + z2 / (2 * n), np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n)))
    low, high = (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)
    low, high = float(max(0.0, min(low, p))), float(min(1.0, max(high, p)))
    return Share(count, n, p, low, high, conf_level, n_possible)


def role_means(scores: pd.DataFrame, roles: pd.Series) -> pd.DataFrame:
    """Roles x themes: the mean score of a role's ballots; of themes that were chosen or not, the share that chose it.

    scores: ballots x themes, from 0 to 1 (`ballot_scores`); roles: role of each ballot.
    """
    return pd.DataFrame({role: part.mean() for role, part in by_role(scores, roles).items()}).T


def equal_weight(by_roles: pd.DataFrame) -> pd.Series:
    """One number a theme: the mean over roles (rows), so that a role with many ballots weighs no more than another."""
    return by_roles.mean(axis=0)
