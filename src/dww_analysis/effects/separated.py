"""Arms in each of which all units gave one answer: least squares finds no error there, and the interval is exact.

Of an arm with mean share mu all J units have a share of 1 with a probability of at most mu^J, however the units' shares
are distributed and whether or not units are alike (a geometric mean is never above the arithmetic one). So both arms
are as they were with at most the product of two such powers: a difference of means is inside the limits as long as
some pair of means with that difference gives it a chance of alpha / 2 (Santner & Snell 1980, with units for persons).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import brentq


def exact_share(share: float, n: int, alpha: float) -> tuple[float, float]:
    """Limits of an arm's mean share where all n units have a share of 0, or of 1.

    >>> round(exact_share(0.0, 8, 0.05)[1], 6)
    0.369417
    """
    end = (alpha / 2) ** (1 / n)
    return (0.0, 1 - end) if share == 0 else (end, 1.0)


def exact_difference(
    treated: tuple[float, int], reference: tuple[float, int], alpha: float
) -> Mapping[str, float]:
    """The difference of two mean shares with its limits and two-sided p; no standard error, statistic or df.

    treated, reference: the share that all units of an arm have, 0 or 1, and how many units these are.

    >>> found = exact_difference((1.0, 8), (0.0, 8), 0.05)
    >>> round(found["conf_low"], 6), found["conf_high"]
    (0.588147, 1.0)
    """
    (high, n), (low, m) = treated, reference
    estimate = high - low
    if estimate == 0:  # each limit is that of one arm, the other standing at its end
        ends = 1 - (alpha / 2) ** (1 / np.array([m, n]))
        below, above = (-ends[0], ends[1]) if high == 0 else (-ends[1], ends[0])
        return _numbers(0.0, float(below), float(above), 1.0)
    far = brentq(lambda delta: most_likely(delta, n, m) - alpha / 2, -1.0, 1.0)
    limits = (float(far), 1.0) if estimate > 0 else (-1.0, -float(far))
    return _numbers(estimate, *limits, min(1.0, 2 * most_likely(0.0, n, m)))


def most_likely(delta: float, n: int, m: int) -> float:
    """The largest chance that all n units of one arm have a share of 1 and all m of the other one of 0, over pairs of
    mean shares that lie `delta` apart: (1 + delta) is divided over both in proportion to n and m, up to 1."""
    one = min(1.0, (1 + delta) * n / (n + m))
    other = 1 + delta - one
    if other > 1:
        one, other = delta, 1.0
    return float(one**n * other**m)


def _numbers(estimate: float, low: float, high: float, p_value: float) -> dict[str, float]:
    unknown = dict.fromkeys(("std_error", "df", "statistic"), float("nan"))
    return {"estimate": estimate, **unknown, "p_value": p_value, "conf_low": low, "conf_high": high}
