"""Correlations of a continuous item: with the normal variable behind an ordered item, or with another continuous item.

The second of two steps, as for two ordered items: each item's own mean and variance, or thresholds, are held, and the
correlation maximises the likelihood of the pair under a bivariate normal distribution (Olsson, Drasgow & Dorans 1982).
Slopes of the log-likelihood of each person in all parameters of the pair stand beside it. Continuous items are given
as z = (answer - mean) / SD, with divisor N.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from dww_analysis.factor.polychoric import SMALLEST, likeliest, normal_density

Array = NDArray[Any]
Index = NDArray[np.intp]


def polyserial(z: Array, codes: Index, tau: Array) -> float:
    """Correlation of a continuous item (n,) with the variable that thresholds `tau` cut into `codes` (n,)."""
    return _top(lambda rho: _Serial(z, codes, tau, rho).of_rho, _start(z, codes.astype(float)))


def product_moment(first: Array, second: Array) -> float:
    """Correlation of two continuous items (n,), whose means and variances may rest on more persons than these."""
    return _top(lambda rho: _of_rho(first, second, rho), _start(first, second))


def serial_scores(z: Array, sd: float, codes: Index, tau: Array, rho: float) -> tuple[Array, Array, Array]:
    """Slopes (n,) in the correlation, (n, 2) in mean and variance of the continuous item, (n, thresholds)."""
    at = _Serial(z, codes, tau, rho)
    own = np.column_stack([at.of_z_kept, at.of_z_kept * z / (2 * sd)]) / sd
    own[:, 1] -= 1 / (2 * sd**2)
    return at.of_rho, own, at.of_thresholds


def moment_scores(
    first: Array, first_sd: float, second: Array, second_sd: float, rho: float
) -> tuple[Array, Array, Array]:
    """Slopes (n,) in the correlation, and (n, 2) in mean and variance of either item."""
    return (
        _of_rho(first, second, rho),
        _own_slopes(first, second, first_sd, rho),
        _own_slopes(second, first, second_sd, rho),
    )


def _own_slopes(z: Array, other: Array, sd: float, rho: float) -> Array:
    pull = (z - rho * other) / (1 - rho * rho)
    return np.column_stack([pull / sd, (z * pull - 1) / (2 * sd**2)])


def _of_rho(first: Array, second: Array, rho: float) -> Array:
    left = 1 - rho * rho
    return rho / left + ((1 + rho * rho) * first * second - rho * (first**2 + second**2)) / left**2


class _Serial:
    """Probability of each person's category given z, with its slopes."""

    def __init__(self, z: Array, codes: Index, tau: Array, rho: float) -> None:
        root = np.sqrt(1 - rho * rho)
        limits = np.concatenate([[-np.inf], tau, [np.inf]])
        below, above = limits[codes], limits[codes + 1]
        a, b = (below - rho * z) / root, (above - rho * z) / root
        probability = np.maximum(ndtr(b) - ndtr(a), SMALLEST)
        lower, upper = normal_density(a) / probability, normal_density(b) / probability
        finite_below, finite_above = (np.where(np.isfinite(t), t, 0.0) for t in (below, above))
        self.of_rho = (upper * (finite_above * rho - z) - lower * (finite_below * rho - z)) / root**3
        self.of_z_kept = z + (upper - lower) * rho / root  # minus the slope of the whole in z
        rows = np.arange(len(z))
        slopes = np.zeros((len(z), len(tau) + 2))
        slopes[rows, codes] = -lower / root
        slopes[rows, codes + 1] = upper / root
        self.of_thresholds = slopes[:, 1:-1]


def _start(first: Array, second: Array) -> float:
    a, b = first - first.mean(), second - second.mean()
    spread = float(a @ a) * float(b @ b)
    return float(np.clip(a @ b / np.sqrt(spread), -0.9, 0.9)) if spread > 0 else 0.0


def _top(slopes: Callable[[float], Array], rho: float) -> float:
    """Where the slopes of all persons sum to zero; their squares stand for the information."""

    def score_and_information(at: float) -> tuple[float, float]:
        each = slopes(at)
        return float(each.sum()), max(float(each @ each), SMALLEST)

    return likeliest(score_and_information, rho)
