"""What the interval of a mean of ratings given in confidence tells: half of it, times the root of n, over the quantile
of Student's t is the SD, and mean and SD leave few ways in which few people can have rated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from dww_analysis.privacy.hidden import Mask

STEP = 0.5  # points, of half an interval that was rounded up (practice.rating)
NEAR = 0.01  # of a number of steps: bounds and mean are printed with four digits
RATINGS = ("rating_mean", "rating_change")
INTERVAL = ("conf_low", "conf_high", "conf_level")
WHAT = "sums of squares of ratings follow from the interval of their mean"


def without_telling_intervals(quantities: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """`quantities` (domain.tables.practice) without intervals that tell; the step `practice` makes none, but an earlier
    publication may have them."""
    off = _telling(quantities, minimum)
    return quantities.assign(**{c: quantities[c].mask(off) for c in INTERVAL}) if off.any() else quantities


def told_by_intervals(published: Mapping[str, pd.DataFrame], minimum: int) -> Iterator[tuple[str, str, int]]:
    """(table, what follows, rows): intervals that leave whole ratings fewer sums of squares than the minimum."""
    if "quantities" in published:
        yield "quantities", WHAT, int(_telling(published["quantities"], minimum).sum())


def _telling(quantities: pd.DataFrame, minimum: int) -> Mask:
    asked = (quantities["basis"] != "open") & quantities["quantity"].isin(RATINGS) & (quantities["n"] > 1)
    told = np.array(asked & quantities[["value", *INTERVAL]].notna().all(axis=1), dtype=bool)
    told[told] = [_sums_of_squares(row) < minimum for row in quantities[told].to_dict("records")]
    return told


def _sums_of_squares(row: Mapping[str, float]) -> int:
    """How many sums of squares whole ratings may have: as odd or even as their sum."""
    from scipy.stats import t

    n, mean = float(row["n"]), float(row["value"])
    half = max(row["conf_high"] - mean, mean - row["conf_low"])  # the other may be cut at an end of the scale
    rounded = half > 0 and abs(half / STEP - round(half / STEP)) < NEAR
    halves = np.array([half - STEP if rounded else half, half])
    low, high = n * (n - 1) * (halves / t.ppf((1 + row["conf_level"]) / 2, n - 1)) ** 2
    return int((high - low) / 2)
