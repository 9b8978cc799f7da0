"""Thresholds and polychoric correlations of ordered items, in two steps, with the scores of both (Olsson 1979).

Step one turns each item's cumulative proportions into thresholds of a standard normal variable; step two finds for each
pair the correlation that makes its table of answers most likely, thresholds held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Array = NDArray[Any]
Index = NDArray[np.intp]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)
BOUND = 0.999
SMALLEST = 1e-14  # probability below which a cell's share of the score is not formed
TWO_PI = 2 * np.pi


def bivariate_normal_cdf(h: Array, k: Array, rho: float) -> Array:
    """P(X <= h, Y <= k) for standard normal X, Y with correlation rho; h and k broadcast, infinities allowed.

    Plackett (1954): Phi(h) Phi(k) plus the integral of the density over the arc from 0 to asin(rho).
    """
    return _Limits.of(h, k).cdf(rho)


@dataclass(frozen=True)
class _Limits:
    """Upper limits of a bivariate normal distribution, with what does not depend on its correlation."""

    finite: NDArray[np.bool_]
    independent: Array  # Phi(h) Phi(k)
    squares: Array  # h h + k k, zero where not finite
    product: Array  # 2 h k, zero where not finite

    @classmethod
    def of(cls, h: Array, k: Array) -> _Limits:
        h, k = np.broadcast_arrays(np.asarray(h, dtype=float), np.asarray(k, dtype=float))
        finite = np.isfinite(h) & np.isfinite(k)
        a, b = np.where(finite, h, 0.0)[..., None], np.where(finite, k, 0.0)[..., None]
        return cls(finite, ndtr(h) * ndtr(k), a * a + b * b, 2 * a * b)

    def cdf(self, rho: float) -> Array:
        arc = np.arcsin(rho)
        sines = np.sin(arc * (NODES + 1) / 2)
        density = np.exp(-(self.squares - self.product * sines) / (2 * (1 - sines**2)))
        integral = density @ WEIGHTS * arc / (2 * TWO_PI)
        return self.independent + np.where(self.finite, integral, 0.0)


def bivariate_normal_density(h: Array, k: Array, rho: float) -> Array:
    """Density of the standard bivariate normal, zero at infinite limits; h and k of one shape, |rho| < 1."""
    with np.errstate(invalid="ignore", over="ignore"):
        finite = np.isfinite(h) & np.isfinite(k)
        exponent = -(h * h + k * k - 2 * rho * h * k) / (2 * (1 - rho * rho))
        return np.where(finite, np.exp(np.where(finite, exponent, 0.0)), 0.0) / (
            TWO_PI * np.sqrt(1 - rho * rho)
        )


def normal_density(x: Array) -> Array:
    """Density of the standard normal at each x, in the shape of x."""
    return np.exp(-0.5 * np.square(x)) / np.sqrt(TWO_PI)


def thresholds(codes: Index, n_categories: int) -> Array:
    """Thresholds (n_categories - 1,) from answers coded 0, 1, ..."""
    share = np.bincount(codes, minlength=n_categories).cumsum()[:-1] / len(codes)
    return ndtri(share)


def _differences(grid: Array) -> Array:
    """Cell values from values at corners, the corner of minus infinity being zero."""
    corners = np.zeros((grid.shape[0] + 1, grid.shape[1] + 1))
    corners[1:, 1:] = grid
    rows = corners[1:] - corners[:-1]
    return rows[:, 1:] - rows[:, :-1]


@dataclass(frozen=True)
class _Table:
    """Cell probabilities and their slope in rho for one pair of items."""

    limits_1: Array  # thresholds with infinity at the end
    limits_2: Array

    def probabilities(self, rho: float) -> Array:
        return np.maximum(_differences(self._limits.cdf(rho)), SMALLEST)

    @cached_property
    def _limits(self) -> _Limits:
        return _Limits.of(self.limits_1[:, None], self.limits_2[None, :])

    def slopes(self, rho: float) -> Array:
        return _differences(bivariate_normal_density(self.limits_1[:, None], self.limits_2[None, :], rho))


def polychoric(frequencies: Array, first: Array, second: Array) -> float:
    """Correlation that maximises the likelihood of a table of counts, thresholds held; inside (-0.999, 0.999).

    frequencies: first item's categories in rows, the second's in columns. first, second: thresholds, one fewer than
    rows and columns. A two-by-two table with one empty cell gets half an answer moved into it, margins kept, as in
    lavaan.
    """
    table = _Table(np.append(first, np.inf), np.append(second, np.inf))
    counts = _filled(frequencies)
    if counts.shape == (2, 2) and np.count_nonzero(counts == 0) == 2:
        return BOUND if counts[0, 0] > 0 else -BOUND

    def score_and_information(rho: float) -> tuple[float, float]:
        probability, slope = table.probabilities(rho), table.slopes(rho)
        expected = counts.sum() * slope**2 / probability
        return float((counts * slope / probability).sum()), float(expected.sum())

    return likeliest(score_and_information, _start(counts))


def likeliest(score_and_information: Callable[[float], tuple[float, float]], rho: float) -> float:
    """Where the score is zero, inside (-0.999, 0.999): scoring steps from `rho`, halving where they leave the
    bracket."""
    low, high = -BOUND, BOUND
    for _ in range(100):
        score, information = score_and_information(rho)
        low, high = (rho, high) if score > 0 else (low, rho)
        proposal = rho + score / information
        if not low < proposal < high:
            proposal = (low + high) / 2
        if abs(proposal - rho) < 1e-11:
            return proposal
        rho = proposal
    return rho


def _filled(frequencies: Array) -> Array:
    counts = frequencies.astype(float)
    if counts.shape == (2, 2) and np.count_nonzero(counts == 0) == 1:
        half = np.array([[0.5, -0.5], [-0.5, 0.5]])
        on_diagonal = counts[0, 0] == 0 or counts[1, 1] == 0
        counts = counts + (half if on_diagonal else -half)
    return counts


def _start(counts: Array) -> float:
    rows, cols = np.arange(counts.shape[0]), np.arange(counts.shape[1])
    n = counts.sum()
    x, y = counts.sum(axis=1) @ rows / n, counts.sum(axis=0) @ cols / n
    cov = (rows - x) @ counts @ (cols - y)
    spread = (counts.sum(axis=1) @ (rows - x) ** 2) * (counts.sum(axis=0) @ (cols - y) ** 2)
    return float(np.clip(cov / np.sqrt(spread), -0.9, 0.9)) if spread > 0 else 0.0


def threshold_scores(codes: Index, tau: Array) -> Array:
    """(N, thresholds) slope of each person's log-probability of an item's answer."""
    share = np.diff(np.concatenate([[0.0], ndtr(tau), [1.0]]))
    density = normal_density(tau)
    slope = np.zeros((len(share), len(tau)))
    where = np.arange(len(tau))
    slope[where, where] = density / share[:-1]
    slope[where + 1, where] = -density / share[1:]
    return slope[codes]


def pair_scores(first: Array, second: Array, rho: float) -> tuple[Array, Array, Array]:
    """Slopes of the log cell probabilities in rho (a, b), in the first item's thresholds (a, b, a - 1) and the
    second's.
    """
    table = _Table(np.append(first, np.inf), np.append(second, np.inf))
    probability = table.probabilities(rho)
    by_first = _limit_slopes(first, table.limits_2, rho)
    by_second = _limit_slopes(second, table.limits_1, rho).transpose(1, 0, 2)
    return (
        table.slopes(rho) / probability,
        by_first / probability[:, :, None],
        by_second / probability[:, :, None],
    )


def _limit_slopes(own: Array, other: Array, rho: float) -> Array:
    """d cell / d own threshold: density at the threshold times the other's conditional probability of the category."""
    root = np.sqrt(1 - rho * rho)
    conditional = np.diff(ndtr((other[None, :] - rho * own[:, None]) / root), axis=1, prepend=0.0)
    part = normal_density(own)[:, None] * conditional  # (thresholds, categories of the other)
    out = np.zeros((len(own) + 1, len(other), len(own)))
    where = np.arange(len(own))
    out[where, :, where] = part
    out[where + 1, :, where] = -part
    return out
