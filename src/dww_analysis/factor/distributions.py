"""The few distribution functions that factor models need, from scipy.special: scipy.stats is slow to import."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtr, chdtrc, chndtr, ndtr, ndtri

Z_95 = float(ndtri(0.975))  # half the width of a 95 % normal interval, in standard errors


def chi_square_tail(x: float, df: float) -> float:
    """P(chi-square on df > x); NaN without degrees of freedom or where x is not finite. A negative x counts as 0."""
    return float(chdtrc(df, max(x, 0.0))) if df > 0 and np.isfinite(x) else float("nan")


def chi_square_cdf(x: float, df: float, noncentrality: float = 0.0) -> float:
    """P(chi-square on df <= x), noncentral where asked."""
    return float(chndtr(x, df, noncentrality) if noncentrality > 0 else chdtr(df, x))


def two_sided(z: NDArray[Any] | float) -> Any:
    """Two-sided normal p-value of each z, in the shape of z."""
    return 2 * ndtr(-np.abs(z))


def normal_quantile(probability: float) -> float:
    """The z below which a standard normal lies with this probability; infinite at 0 and 1, NaN outside."""
    return float(ndtri(probability))
