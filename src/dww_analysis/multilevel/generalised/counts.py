"""Counts with one parameter besides the mean: negative binomial (NB2).

It is the Poisson distribution where that parameter says so, at the edge of its range. It is searched as t with
1 / theta = t^2: the likelihood is an even function of t, so that the edge t = 0 is an ordinary stationary point, as the
zero of a standard deviation is. Reported is what glmmTMB reports: theta, of which log(theta) is estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import digamma, gammaln, xlogy

from ..errors import DesignError
from ..model import Array
from ..shapes import SHAPES
from .families import POISSON, Family

LARGEST_COUNT = 1_000_000  # near Poisson, constants of a negative binomial are sums over all smaller counts
CLOSED = 0.01  # 1 / theta from which these sums are taken in closed form


@dataclass(frozen=True)
class CountFamily(Family):
    """A distribution of counts with log link and one parameter t."""

    t: float
    first_t: float  # where a search begins

    @property
    def n_shapes(self) -> int:
        return 1

    @property
    def first_shapes(self) -> Array:
        return np.array([self.first_t])

    @property
    def at_edge(self) -> tuple[str, ...]:
        return () if self.t else (SHAPES[self.name].component,)


# ---- negative binomial --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class NegativeBinomial(CountFamily):
    """Variance mu + mu^2 / theta (Hilbe 2011), written in a = 1 / theta, so that a = 0 is the Poisson distribution:

    log f = y eta - y log(1 + a mu) - log(1 + a mu) / a + sum over j < y of log(1 + a j) - log y!
    """

    @property
    def a(self) -> float:
        return self.t**2

    def at(self, shapes: Array) -> NegativeBinomial:
        return negative_binomial(float(shapes[0]))

    def kernel_rows(self, eta: Array, y: Array, weight: Array) -> Array:
        grown = np.log1p(self.a * np.exp(eta))
        return weight * (y * (eta - grown) - (grown / self.a if self.a else np.exp(eta)))

    def slope_and_weight(self, eta: Array, y: Array, weight: Array) -> tuple[Array, Array]:
        mu = np.exp(eta)
        top = 1.0 + self.a * mu
        return weight * (y - mu) / top, weight * mu * (1.0 + self.a * y) / top**2

    def weight_slope(self, eta: Array, y: Array, weight: Array) -> Array:
        c = self.a * np.exp(eta)
        return self.slope_and_weight(eta, y, weight)[1] * (1.0 - c) / (1.0 + c)

    def shape_slopes(self, eta: Array, y: Array, weight: Array) -> tuple[Array, Array, Array]:
        mu = np.exp(eta)
        c = self.a * mu
        rise = mu**2 * _bend(c) - y * mu / (1.0 + c)
        turn = -(y - mu) * mu / (1.0 + c) ** 2
        weigh = mu * (y - 2.0 * mu - y * c) / (1.0 + c) ** 3
        inner = 2.0 * self.t * weight  # da / dt
        return inner * rise, inner * turn, inner * weigh

    def constant_slope(self, y: Array, weight: Array) -> Array:
        return 2.0 * self.t * weight * _rise_slope(y, self.a)


def _rise(y: Array, a: float) -> Array:
    """(n,) sum over j < y of log(1 + a j): log Gamma(y + theta) - log Gamma(theta) - y log(theta), whose digits go
    where theta is large."""
    if a >= CLOSED:
        return gammaln(y + 1.0 / a) - gammaln(1.0 / a) + y * np.log(a)
    return _sums_below(y, lambda j: np.log1p(a * j))


def _rise_slope(y: Array, a: float) -> Array:
    """(n,) its slope in a, the sum over j < y of j / (1 + a j)."""
    if a >= CLOSED:
        return (y - (digamma(y + 1.0 / a) - digamma(1.0 / a)) / a) / a
    return _sums_below(y, lambda j: j / (1.0 + a * j))


def _sums_below(y: Array, terms: Callable[[Array], Array]) -> Array:
    sums = np.cumsum(terms(np.arange(max(float(y.max()), 1.0))))
    return np.concatenate([[0.0], sums])[np.round(y).astype(np.intp)]


def _bend(c: Array) -> Array:
    """(log(1 + c) - c / (1 + c)) / c^2, which is 1/2 at c = 0."""
    series = np.zeros_like(c)
    for k in range(8, 1, -1):
        series = series * -c + (k - 1) / k
    large = np.maximum(c, 1e-2)
    return np.where(c < 1e-2, series, (np.log1p(large) - large / (1.0 + large)) / large**2)


def negative_binomial(t: float = 0.7) -> NegativeBinomial:
    """The family with theta = 1 / t^2."""
    a = t**2

    def constant(y: Array, w: Array) -> Array:
        return w * (_rise(y, a) - gammaln(y + 1.0))

    def saturated(y: Array, w: Array) -> Array:
        grown = np.log1p(a * y)
        return w * (xlogy(y, y) - y * grown - (grown / a if a else y))

    def draw(rng: np.random.Generator, mu: Array, w: Array) -> Array:
        return rng.poisson(mu * rng.gamma(1.0 / a, a, mu.shape) if a else mu).astype(float)

    return NegativeBinomial(
        **{
            **of_poisson(), "name": "nbinom2", "t": t, "first_t": 0.7,
            "constant": constant, "saturated": saturated, "draw": draw,
        }
    )  # fmt: skip


def of_poisson() -> dict[str, Any]:
    """What is the same in all families of counts: link, starting means, how a separated response is known."""
    return {part.name: getattr(POISSON, part.name) for part in fields(POISSON)}


def check_counts_fit(family: Family, response: str, y: Array) -> None:
    """Refuse counts that say nothing of the parameter, or are too large for it."""
    if family.name == "zip" and (y > 0).all():
        raise DesignError(
            f"response {response!r} has no zero in {len(y)} rows, so nothing is known of extra zeros; family 'zip' "
            "needs some. Use family 'poisson' or 'nbinom2'"
        )
    if family.name == "nbinom2" and y.max() > LARGEST_COUNT:
        raise DesignError(
            f"response {response!r} has counts up to {y.max():.0f}; family 'nbinom2' takes counts up to "
            f"{LARGEST_COUNT}. Count in larger units, or model the logarithm with family 'gaussian'"
        )
