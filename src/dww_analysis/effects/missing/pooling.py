"""Several completed data sets to one answer: Rubin's rules with the degrees of freedom of few clusters.

Notation of Rubin (1987): m data sets, within variance U, between variance B, total T = U + (1 + 1/m) B, relative
increase of variance riv = (1 + 1/m) B / U. What the complete data would have had as degrees of freedom caps those of
the pooled test (Barnard & Rubin 1999): for a fit with Kenward-Roger tests that is the mean of its df over data sets,
not the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Array = NDArray[Any]


@dataclass(frozen=True)
class Pooled:
    """One pooled quantity. Always true: total = within + (1 + 1/m) between; df is not above df_complete."""

    m: int
    estimate: float
    std_error: float
    df: float
    df_complete: float
    within: float
    between: float
    riv: float  # relative increase of the variance because values are missing
    share_missing: float  # lambda: the part of the total variance that is between data sets
    fmi: float  # fraction of missing information, with the correction for a finite df

    @property
    def statistic(self) -> float:
        """Estimate over standard error."""
        return self.estimate / self.std_error

    @property
    def p_value(self) -> float:
        """Two-sided, of a t distribution with `df`."""
        return float(2 * stats.t.sf(abs(self.statistic), self.df))

    def limits(self, conf_level: float = 0.95) -> tuple[float, float]:
        """The confidence interval (low, high), by t; of infinite df by the normal."""
        half = float(stats.t.ppf((1 + conf_level) / 2, self.df)) * self.std_error
        return self.estimate - half, self.estimate + half


@dataclass(frozen=True)
class PooledTest:
    """A joint Wald test of k parameters over m data sets (D1)."""

    statistic: float  # F
    num_df: int
    den_df: float
    p_value: float
    riv: float


def pool(estimates: ArrayLike, variances: ArrayLike, df_complete: float = np.inf) -> Pooled:
    """One estimate from m of them.

    estimates, variances: (m,), m at least 2. df_complete: the df of the test if nothing were missing; infinite gives
    Rubin's large-sample df. Rubin (1987, eq. 3.1.2-3.1.6), Barnard & Rubin (1999, eq. 3); `mice::pool.scalar` in R.
    Refuses lengths that differ, values that are not finite and variances that are not above zero.

    >>> round(pool([10, 11, 12], [1, 1, 1], 28).df, 6)
    3.962817
    """
    Q, U = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    _check(Q, U, df_complete)
    m, within, between = len(Q), float(U.mean()), float(Q.var(ddof=1))
    added = (1 + 1 / m) * between
    total, riv = within + added, added / within
    df = barnard_rubin_df(m, added / total, df_complete)
    fmi = (riv + (2 / (df + 3) if np.isfinite(df) else 0.0)) / (riv + 1)
    return Pooled(
        m, float(Q.mean()), float(np.sqrt(total)), df, df_complete, within, between, riv, added / total, fmi
    )


def barnard_rubin_df(m: int, share_missing: float, df_complete: float = np.inf) -> float:
    """The df of a pooled test: between data sets (m - 1) / lambda^2 and observed, joined by their harmonic sum
    (Barnard & Rubin 1999). share_missing: lambda, the share of the variance that is between data sets."""
    between_sets = np.inf if share_missing == 0 else (m - 1) / share_missing**2
    if np.isinf(df_complete):
        return float(between_sets)
    observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share_missing)
    return float(1 / (1 / between_sets + 1 / observed))


def pool_test(estimates: ArrayLike, covariances: ArrayLike, df_complete: float = np.inf) -> PooledTest:
    """Joint test that k parameters are zero: D1.

    estimates (m, k), covariances (m, k, k); ValueError for other shapes or one data set. F = Q' U^-1 Q / (k (1 + r))
    with r = (1 + 1/m) tr(B U^-1) / k. The denominator df is of Li, Raghunathan & Rubin (1991), or with a finite
    df_complete of Reiter (2007), which needs k (m - 1) above 4; `mitml::testModels(method = "D1", df.com = )` in R.
    """
    Q, U = np.asarray(estimates, dtype=float), np.asarray(covariances, dtype=float)
    if Q.ndim != 2 or len(Q) < 2 or U.shape != (*Q.shape, Q.shape[1]):
        raise ValueError(
            f"estimates (m, k) and covariances (m, k, k), m at least 2; found {Q.shape}, {U.shape}"
        )
    m, k = Q.shape
    mean, within = Q.mean(axis=0), U.mean(axis=0)
    between = np.atleast_2d(np.cov(Q, rowvar=False))
    r = float((1 + 1 / m) * np.trace(np.linalg.solve(within, between)) / k)
    statistic = float(mean @ np.linalg.solve(within, mean) / (k * (1 + r)))
    den_df = joint_df(m, k, r, df_complete)
    return PooledTest(statistic, k, den_df, float(stats.f.sf(statistic, k, den_df)), r)


def joint_df(m: int, k: int, riv: float, df_complete: float = np.inf) -> float:
    """Denominator df of D1."""
    t = k * (m - 1)
    if riv == 0:
        return float(df_complete)
    if np.isfinite(df_complete):
        return _reiter_df(t, riv, df_complete)
    if t > 4:
        return float(4 + (t - 4) * (1 + (1 - 2 / t) / riv) ** 2)
    return float(t * (1 + 1 / k) * (1 + 1 / riv) ** 2 / 2)


def _reiter_df(t: int, riv: float, df_complete: float) -> float:
    """Reiter (2007), Biometrika 94, 502-508, eq. for the small-sample df of a multi-component test."""
    if t <= 4:
        raise ValueError(f"k (m - 1) is {t}; the small-sample df of a joint test needs more than 4")
    a, c0 = riv * t / (t - 2), 1 / (t - 4)
    full = (df_complete + 1) / (df_complete + 3) * df_complete
    c1, c2 = full - 2 * (1 + a), full - 4 * (1 + a)
    z = 1 / c2
    z += c0 * (a**2 * c1 / ((1 + a) ** 2 * c2) + 8 * a**2 * c1 / ((1 + a) * c2**2))
    z += c0 * (4 * a**2 / ((1 + a) * c2) + 4 * a**2 / (c2 * c1) + 16 * a**2 * c1 / c2**3 + 8 * a**2 / c2**2)
    return float(4 + 1 / z)


def _check(Q: Array, U: Array, df_complete: float) -> None:
    if Q.ndim != 1 or Q.shape != U.shape or len(Q) < 2:
        raise ValueError(f"estimates and variances (m,), m at least 2; found {Q.shape} and {U.shape}")
    if not np.isfinite(Q).all() or not np.isfinite(U).all() or not (U > 0).all():
        raise ValueError("estimates are finite and variances finite and above zero")
    if not df_complete > 0:
        raise ValueError(f"df_complete is above zero; found {df_complete}")
