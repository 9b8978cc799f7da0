"""Ratings of 0 to 10 by few people: the mean with its interval, the change of the same people, the middle half."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from dww_analysis.domain.networks import HIGHEST_RATING, LOWEST_RATING
from dww_analysis.domain.practice import NAN

STEP = 0.5  # points, of half the width of an interval of what was asked in confidence


@dataclass(frozen=True)
class Mean:
    """A mean of n values. Always true: conf_low <= value <= conf_high, or the bounds are NaN with fewer than two."""

    value: float
    sd: float
    conf_low: float
    conf_high: float
    conf_level: float
    n: int


def mean_interval(
    values: pd.Series,
    low: float = LOWEST_RATING,
    high: float = HIGHEST_RATING,
    conf_level: float = 0.95,
) -> Mean:
    """The mean with the interval of Student's t, cut at the ends of the scale, as R's `t.test(x)$conf.int`.

    NaN values are left out. `mean_interval([4,5,6,6,7,7,7,8,9])`: 6.5556, 5.3955 to 7.7157.
    """
    x = values.dropna().to_numpy(float)
    n = len(x)
    if n == 0:
        return Mean(NAN, NAN, NAN, NAN, conf_level, 0)
    mean = float(x.mean())
    if n == 1:
        return Mean(mean, NAN, NAN, NAN, conf_level, 1)
    sd = float(x.std(ddof=1))
    half = float(stats.t.ppf((1 + conf_level) / 2, n - 1)) * sd / np.sqrt(n)
    return Mean(
        mean, sd, float(max(low, min(mean - half, mean))), float(min(high, mean + half)), conf_level, n
    )


def paired_change(before: pd.Series, after: pd.Series, conf_level: float = 0.95) -> Mean:
    """The mean change of those who rated both times, with the interval of the paired t test (R: `t.test(y - x)`).

    before, after: rating by person, each person once. Others who rated once say nothing about a change.
    """
    change = (after - before.reindex(after.index)).dropna()
    far = HIGHEST_RATING - LOWEST_RATING
    return mean_interval(change, -far, far, conf_level)


def quartiles(values: pd.Series) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile, as R's `quantile(x)` (type 7); no interval: of few it is the range."""
    low, middle, high = np.quantile(values.dropna().to_numpy(float), [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)


def in_steps(mean: Mean, low: float, high: float, minimum: int) -> Mean:
    """The mean with an interval that does not give the SD back, cut at low and high, the ends of the scale.

    An exact half width is the SD in other words, and SD and mean leave few ways in which so few people can have
    rated. So it is rounded up to half points; and there is none where that says too much (`leaves_open`).
    """
    if not np.isfinite(mean.conf_low):
        return mean
    if not leaves_open(*squares(mean), minimum):
        return replace(mean, conf_low=NAN, conf_high=NAN)
    wide = _steps(mean) * STEP
    return replace(mean, conf_low=max(low, mean.value - wide), conf_high=min(high, mean.value + wide))


def squares(mean: Mean) -> tuple[float, float]:
    """Between which bounds the sum of squares around the mean lies, as its interval in half points says."""
    of_half = mean.n * (mean.n - 1) / _quantile(mean) ** 2
    steps = _steps(mean)
    return float(of_half * ((steps - 1) * STEP) ** 2), float(of_half * (steps * STEP) ** 2)


def leaves_open(least: float, most: float, minimum: int) -> bool:
    """Whether whole ratings have at least `minimum` sums of squares between these bounds: all are odd, or all even, as
    the sum of the ratings is."""
    return (most - least) / 2 >= minimum


def _steps(mean: Mean) -> float:
    """Half the width of the interval of Student's t, in half points and rounded up; one at least."""
    half = _quantile(mean) * mean.sd / np.sqrt(mean.n)
    return float(max(1.0, np.ceil(half / STEP - 1e-9)))


def _quantile(mean: Mean) -> float:
    return float(stats.t.ppf((1 + mean.conf_level) / 2, mean.n - 1))


def tells_single_ratings(n: int, mean: float, sd: float) -> bool:
    """Whether mean and SD bound every rating to less than half the scale, or are one rating (SD 0). sd NaN: not known.

    Of n ratings with a known sum none is below the sum minus n - 1 times the highest, nor above it minus n - 1 times
    the lowest; none is further from the mean than sd (n - 1) / sqrt(n) (Samuelson 1968, JASA 63, 1522-1525).
    """
    low, high = LOWEST_RATING, HIGHEST_RATING
    spread = sd * (n - 1) / np.sqrt(n) if sd == sd else np.inf
    least = max(low, n * mean - (n - 1) * high, mean - spread)
    most = min(high, n * mean - (n - 1) * low, mean + spread)
    return bool(most - least < (high - low) / 2 or sd == 0)
