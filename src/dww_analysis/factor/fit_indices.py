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


@dataclass(frozen=True)
class Statistic:
    """A chi-square statistic on its degrees of freedom, not yet scaled. c: the factor that it is too large by under a
    model that holds; 1 where it needs none."""

    chi: float
    df: float
    c: float = 1.0

    @property
    def scaled(self) -> float:
        """The statistic that is referred to chi-square; `c` may not be 0."""
        return self.chi / self.c

    @property
    def lack(self) -> float:
        """How far it lies above what a model that holds would give; NaN without a statistic."""
        return self.chi - self.c * self.df


@dataclass(frozen=True)
class Size:
    """Persons of all groups together (or what stands for them in RMSEA), and the number of groups."""

    n: float
    n_groups: int


def cfi(found: Statistic, null: Statistic) -> float:
    """Comparative fit index: 1 - max(lack, 0) / max(lack of the baseline, lack, 0). 1 where neither model lacks fit;
    NaN without a baseline."""
    excess = max(found.lack, 0.0)
    worst = float(np.max([excess, null.lack, 0.0]))  # missing without a baseline
    return 1.0 if worst <= 1.5e-8 else 1 - excess / worst


def tli(found: Statistic, null: Statistic) -> float:
    """Tucker-Lewis index; 1 for a model without degrees of freedom. It may lie outside 0 to 1, and is NaN without a
    baseline."""
    base = null.lack * found.df
    return 1 - found.lack * null.df / base if found.df > 0 and base != 0 else 1.0


def rmsea(found: Statistic, size: Size) -> float:
    """sqrt(max(chi / (n df) - c / n, 0) n_groups), root mean square error of approximation; 0 without degrees of
    freedom."""
    chi, df, n = found.chi, found.df, size.n
    return float(np.sqrt(max(chi / n / df - found.c / n, 0.0) * size.n_groups)) if df > 0 else 0.0


def rmsea_interval(found: Statistic, size: Size, level: float = 0.90) -> tuple[float, float]:
    """(low, high) of RMSEA, from the noncentralities that leave (1 - level) / 2 in each tail; (0, 0) below one degree
    of freedom."""
    chi, df, tail = found.scaled, found.df, (1 - level) / 2
    if df < 1:
        return 0.0, 0.0

    def bound(probability: float) -> float:
        from scipy.optimize import brentq

        if chi_square_cdf(chi, df) < probability:
            return 0.0
        top = max(size.n, 4 * chi, 10.0)
        while chi_square_cdf(chi, df, top) > probability:
            top *= 2
        root = brentq(lambda x: chi_square_cdf(chi, df, x) - probability, 0.0, top, xtol=1e-10)
        return float(np.sqrt(found.c * root / (size.n * df) * size.n_groups))

    return bound(1 - tail), bound(tail)


def unknown(df: int) -> FitIndices:
    """The record where there is no statistic: df, and NaN for everything else."""
    return FitIndices(NAN, df, NAN, NAN, NAN, NAN, NAN, NAN, NAN)


def indices(found: Statistic, null: Statistic, size: Size, scale: float = 1.0) -> FitIndices:
    """Indices of a statistic that is itself referred to chi-square (plain, or scaled beforehand; `c` is 1).

    null: of the baseline. scale: the scaling factor that was used already, for the record.
    """
    return _record(found, null, size, scale)


def robust_indices(found: Statistic, null: Statistic, size: Size) -> FitIndices:
    """Indices of the population quantities from unscaled statistics and their scaling factors; NaN, but for df, where
    one of these is not positive. null: of the baseline."""
    if found.c <= 0 or null.c <= 0:
        return unknown(int(found.df))
    return _record(found, null, size, found.c)


def _record(found: Statistic, null: Statistic, size: Size, scale: float) -> FitIndices:
    low, high = rmsea_interval(found, size)
    return FitIndices(
        found.scaled,
        int(found.df),
        chi_square_tail(found.scaled, found.df),
        cfi(found, null),
        tli(found, null),
        rmsea(found, size),
        low,
        high,
        scale,
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
