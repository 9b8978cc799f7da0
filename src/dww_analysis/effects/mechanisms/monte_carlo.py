"""Intervals of products by Monte Carlo: draws from what is known of each factor (MacKinnon, Lockwood & Williams 2004).

A factor is drawn from t on the df of its own test: with few units the normal distribution would be too sure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """How many draws, from which seed, and the level of the interval that they give."""

    n: int
    seed: int
    conf_level: float = 0.95


@dataclass(frozen=True)
class Factor:
    """One coefficient with its standard error and df (infinite: normal)."""

    estimate: float
    std_error: float
    df: float = float("inf")

    def drawn(self, n: int, rng: np.random.Generator) -> Array:
        """(n,) values that it could have, given what was estimated."""
        z = rng.standard_normal(n) if np.isinf(self.df) else rng.standard_t(self.df, n)
        values: Array = self.estimate + self.std_error * z
        return values


@dataclass(frozen=True)
class Indirect:
    """An indirect effect: `estimate` = `product` + `covariance`, with a first-order SE and a Monte Carlo interval."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    product: float
    covariance: float = 0.0


def product(a: Factor, b: Factor, draws: Draws) -> Indirect:
    """a b of two coefficients from models of their own, which are independent.

    SE: sqrt(a^2 SE_b^2 + b^2 SE_a^2) (Sobel 1982).
    """
    rng = np.random.default_rng(draws.seed)
    drawn = a.drawn(draws.n, rng) * b.drawn(draws.n, rng)
    value = a.estimate * b.estimate
    std_error = float(np.hypot(a.estimate * b.std_error, b.estimate * a.std_error))
    return Indirect(value, std_error, *_interval(drawn, draws.conf_level), product=value)


@dataclass(frozen=True, eq=False)
class Slopes:
    """Two slopes that differ between units: means (2,), their covariance (2, 2), df (2,), the covariance of the units'
    slopes and its standard error."""

    means: Array
    vcov: Array
    df: Array
    covariance: float
    covariance_error: float


def expected_product(slopes: Slopes, draws: Draws) -> Indirect:
    """E(a_j b_j) = ab + cov(a_j, b_j) over units j (Bauer, Preacher & Gil 2006, equations 8 and 13 to first order)."""
    a, b = slopes.means
    rng = np.random.default_rng(draws.seed)
    half = np.linalg.cholesky(slopes.vcov)
    z = np.column_stack([Factor(0.0, 1.0, float(df)).drawn(draws.n, rng) for df in slopes.df])
    pair = slopes.means + z @ half.T
    covariance = slopes.covariance + slopes.covariance_error * rng.standard_normal(draws.n)
    drawn = pair[:, 0] * pair[:, 1] + covariance
    gradient = np.array([b, a])
    variance = gradient @ slopes.vcov @ gradient + slopes.covariance_error**2
    value = float(a * b + slopes.covariance)
    return Indirect(
        *(value, float(np.sqrt(variance)), *_interval(drawn, draws.conf_level)),
        product=float(a * b),
        covariance=slopes.covariance,
    )


def _interval(drawn: Array, conf_level: float) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - conf_level) / 2, (1 + conf_level) / 2])
    return float(low), float(high)
