"""Fit of a factor model: CFI, TLI, RMSEA with interval, SRMR, by the definitions of lavaan 0.6.

Formulas: Bentler (1990) for CFI, Tucker & Lewis (1973), Steiger & Lind (1980) with the group factor of Steiger (1998),
Bentler (1995) for SRMR; robust versions by Brosseau-Liard & Savalei (2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor.distributions import chi_square_cdf, chi_square_tail

Array = NDArray[Any]
NAN = float("nan")


@dataclass(frozen=True)
class FitIndices:
    """One version of the fit: plain, scaled or robust."""

    chi_square: float
    df: int
    p_value: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float  # 90 % interval
    rmsea_high: float
    scaling_factor: float = 1.0


def cfi(chi: float, df: float, chi_null: float, df_null: float, c: float = 1.0, c_null: float = 1.0) -> float:
    """Comparative fit index of a statistic against its baseline's: 1 - max(chi - c df, 0) / max(chi_null - c_null
    df_null, chi - c df, 0). c, c_null: scaling factors, 1 without. 1 where neither model lacks fit; NaN without a
    baseline."""
    excess = max(chi - c * df, 0.0)
    worst = float(np.max([excess, chi_null - c_null * df_null, 0.0]))  # missing without a baseline
    return 1.0 if worst <= 1.5e-8 else 1 - excess / worst


def tli(chi: float, df: float, chi_null: float, df_null: float, c: float = 1.0, c_null: float = 1.0) -> float:
    """Tucker-Lewis index, with the arguments of `cfi`; 1 for a model without degrees of freedom. It may lie outside 0
    to 1."""
    base = (chi_null - c_null * df_null) * df
    return 1 - (chi - c * df) * df_null / base if df > 0 and base != 0 else 1.0


def rmsea(chi: float, df: float, n: float, n_groups: int, c: float = 1.0) -> float:
    """sqrt(max(chi / (n df) - c / n, 0) n_groups), root mean square error of approximation; 0 without degrees of
    freedom. n: persons of all groups; c: scaling factor."""
    return float(np.sqrt(max(chi / n / df - c / n, 0.0) * n_groups)) if df > 0 else 0.0


def rmsea_interval(
    chi: float, df: float, n: float, n_groups: int, c: float = 1.0, level: float = 0.90
) -> tuple[float, float]:
    """(low, high) of RMSEA, from the noncentralities that leave (1 - level) / 2 in each tail; (0, 0) below one degree
    of freedom. Arguments as of `rmsea`."""
    tail = (1 - level) / 2
    if df < 1:
        return 0.0, 0.0

    def bound(probability: float) -> float:
        from scipy.optimize import brentq

        if chi_square_cdf(chi, df) < probability:
            return 0.0
        top = max(n, 4 * chi, 10.0)
        while chi_square_cdf(chi, df, top) > probability:
            top *= 2
        found = brentq(lambda x: chi_square_cdf(chi, df, x) - probability, 0.0, top, xtol=1e-10)
        return float(np.sqrt(c * found / (n * df) * n_groups))

    return bound(1 - tail), bound(tail)


def unknown(df: int) -> FitIndices:
    """The record where there is no statistic: df, and NaN for everything else."""
    return FitIndices(NAN, df, NAN, NAN, NAN, NAN, NAN, NAN, NAN)


def indices(
    chi: float,
    df: int,
    null: tuple[float, int],
    n: float,
    n_groups: int,
    scale: float = 1.0,
) -> FitIndices:
    """Indices of a statistic that is itself referred to chi-square (plain, or scaled beforehand).

    null: statistic and df of the baseline. n: persons of all groups. scale: the scaling factor that was used already,
    for the record.
    """
    low, high = rmsea_interval(chi, df, n, n_groups)
    return FitIndices(
        chi,
        df,
        chi_square_tail(chi, df),
        cfi(chi, df, *null),
        tli(chi, df, *null),
        rmsea(chi, df, n, n_groups),
        low,
        high,
        scale,
    )


def robust_indices(
    chi: float, df: int, c: float, null: tuple[float, int], c_null: float, n: float, n_groups: int
) -> FitIndices:
    """Indices of the population quantities from an unscaled statistic and its scaling factor c; NaN, but for df,
    where c or c_null is not positive. null: statistic and df of the baseline."""
    if c <= 0 or c_null <= 0:
        return unknown(df)
    scaled = chi / c
    low, high = rmsea_interval(scaled, df, n, n_groups, c)
    return FitIndices(
        scaled,
        df,
        chi_square_tail(scaled, df),
        cfi(chi, df, *null, c, c_null),
        tli(chi, df, *null, c, c_null),
        rmsea(chi, df, n, n_groups, c),
        low,
        high,
        c,
    )


def srmr(
    groups: list[tuple[Array, Array, Array, Array]], weights: Array, means: bool, diagonal: bool = True
) -> float:
    """Root mean squared residual correlation; each group gives observed covariance (p, p) and mean (p,), implied
    covariance and mean.

    weights (n_groups,): persons of each. means: whether mean residuals count; diagonal: whether variances do.
    """
    total = 0.0
    for (cov, mean, sigma, mu), weight in zip(groups, weights / weights.sum(), strict=True):
        sd = np.sqrt(np.diag(cov))
        residual = ((cov - sigma) / np.outer(sd, sd))[np.tril_indices(len(sd), 0 if diagonal else -1)]
        squares, count = float(residual @ residual), len(residual)
        if means:
            squares, count = squares + float((((mean - mu) / sd) ** 2).sum()), count + len(sd)
        total += weight * np.sqrt(squares / count)
    return float(total)
