"""What a group's mean and SD say about single persons in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def tells_single_scores(n: Array, low: Array, high: Array, mean: Array, sd: Array) -> Mask:
    """Rows that bound every single score to less than half the range of the scale, or are one score (an SD of 0).

    Of n scores with a known sum none is below the sum minus n - 1 times the highest, nor above it minus n - 1 times the
    lowest; none is further from the mean than sd (n - 1) / sqrt(n) (Samuelson 1968, JASA 63, 1522-1525). NaN: hidden.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(np.isfinite(sd), sd * (n - 1) / np.sqrt(n), np.inf)
        least = np.fmax(np.fmax(low, n * mean - (n - 1) * high), mean - spread)
        most = np.fmin(np.fmin(high, n * mean - (n - 1) * low), mean + spread)
        return np.asarray((n > 0) & ((most - least < (high - low) / 2) | (sd == 0)))


def said_yes(n: Array, low: Array, high: Array, mean: Array, sd: Array) -> Array:
    """How many persons have the highest score, in rows in which all have that or the lowest (0 and 1, 1 and 2); NaN in
    other rows.

    Seen from the numbers, as a reader would: as many highest scores make the mean, and the SD is theirs. Without an SD
    only of whole scores that lie 1 apart.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (mean - low) / (high - low)
        ones = np.round(n * share)
        of_ones = np.sqrt(ones * (n - ones) / n / (n - 1))
        two = (high - low == 1) & (low == np.round(low))
        fits = np.where(np.isnan(sd), two, np.abs(sd / (high - low) - of_ones) < 5e-4)
        known = fits & (np.abs(n * share - ones) < 5e-4 * n)
    return np.where(known, ones, np.nan)
