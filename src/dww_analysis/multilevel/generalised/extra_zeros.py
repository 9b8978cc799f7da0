"""Counts with extra zeros: the zero-inflated Poisson distribution (Lambert 1992).

With one probability for all rows it is searched as t, odds t^2 of an extra zero: the likelihood is an even function of
t, and the Poisson distribution, t = 0, an ordinary stationary point. Where the probability has predictors its logit is
linear in them (`model.ZeroPart`), and what is searched are coefficients of orthogonal columns. Reported is what glmmTMB
reports: the logit of the probability, or its coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import expit, gammaln, xlogy

from ..model import Array, ZeroPart
from .counts import CountFamily, of_poisson
from .families import Family


@dataclass(frozen=True)
class ExtraZeros(Family):
    """A Poisson count, or with odds o an extra zero whatever the mean:

    log f = log(o + exp(-mu)) - log(1 + o) for a zero, y eta - mu - log y! - log(1 + o) for other counts.

    For zeros the log-likelihood is not concave in eta: curvatures may be negative.
    """

    @property
    def log_odds(self) -> Array:
        """(n,) of an extra zero, or one number for all rows."""
        raise NotImplementedError

    @property
    def soft(self) -> bool:
        """Whether the determinant takes curvatures that are never negative."""
        raise NotImplementedError

    def _zeros(self, y: Array) -> tuple[Array, Array]:
        """Which counts are zero, and their log odds."""
        zero = y == 0
        return zero, np.broadcast_to(self.log_odds, y.shape)[zero]

    def from_poisson(self, mu: Array, y: Array) -> Array:
        """(n,) probability that a count is no extra zero, given the count."""
        r = np.ones_like(mu)
        zero, log_odds = self._zeros(y)
        r[zero] = expit(-log_odds - mu[zero])
        return r

    def kernel_rows(self, eta: Array, y: Array, weight: Array) -> Array:
        mu = np.exp(eta)
        rows = y * eta - mu
        zero, log_odds = self._zeros(y)
        rows[zero] = np.logaddexp(log_odds, -mu[zero])
        return weight * rows

    def slope_and_weight(self, eta: Array, y: Array, weight: Array) -> tuple[Array, Array]:
        mu = np.exp(eta)
        r = self.from_poisson(mu, y)
        return weight * (y - r * mu), weight * r * mu * (1.0 - (1.0 - r) * mu)

    def weight_slope(self, eta: Array, y: Array, weight: Array) -> Array:
        mu = np.exp(eta)
        r = self.from_poisson(mu, y)
        return weight * r * mu * (1.0 - (1.0 - r) * mu * (3.0 - mu * (1.0 - 2.0 * r)))

    def secure_weight(self, eta: Array, y: Array, weight: Array) -> Array:
        """(n,) the curvature if it were known which zeros are extra: never negative, and never below the real one."""
        mu = np.exp(eta)
        return weight * self.from_poisson(mu, y) * mu

    def expected_weight(self, eta: Array, y: Array, weight: Array) -> Array | None:
        return self.secure_weight(eta, y, weight) if self.soft else None

    def expected_slope(self, eta: Array, y: Array, weight: Array) -> Array:
        return self.slope_and_weight(eta, y, weight)[1] if self.soft else self.weight_slope(eta, y, weight)

    def slopes_by(self, k: Array, eta: Array, y: Array, weight: Array) -> tuple[Array, Array, Array]:
        """The three of `shape_slopes`, from the slope k (n,) of the log-likelihood of zeros."""
        mu = np.exp(eta)
        r = self.from_poisson(mu, y)
        turn = r * mu * k
        weigh = -turn if self.soft else -turn * (1.0 - mu * (1.0 - 2.0 * r))
        return weight * k, weight * turn, weight * weigh


def _parts(log_odds: Array) -> dict[str, Any]:
    """Functions of a family with these log odds (n,), or one number."""
    norm = np.logaddexp(0.0, log_odds)

    def constant(y: Array, w: Array) -> Array:
        return -w * (norm + gammaln(y + 1.0))

    def saturated(y: Array, w: Array) -> Array:
        return w * np.where(y > 0, xlogy(y, y) - y, norm)

    def draw(rng: np.random.Generator, mu: Array, w: Array) -> Array:
        share = expit(log_odds)
        return np.where(
            rng.random(mu.shape) < (share[:, None] if np.ndim(share) else share), 0.0, rng.poisson(mu)
        )

    return {"constant": constant, "saturated": saturated, "draw": draw, "name": "zip"}


# ---- one probability for all rows
@dataclass(frozen=True)
class ZeroInflated(ExtraZeros, CountFamily):
    """Odds t^2 of an extra zero."""

    soft: bool = False  # type: ignore[assignment]

    @property
    def log_odds(self) -> Array:
        return np.asarray(2.0 * np.log(abs(self.t)) if self.t else -np.inf)

    def softened(self) -> ZeroInflated:
        """With a determinant that has a bottom. That of the real curvature has none where a mode of the random effects
        is about to vanish, and leads a search from afar astray."""
        return replace(self, soft=True)

    def at(self, shapes: Array) -> ZeroInflated:
        return replace(zero_inflated(float(shapes[0])), soft=self.soft)

    def shape_slopes(self, eta: Array, y: Array, weight: Array) -> tuple[Array, Array, Array]:
        inner = 2.0 * self.t  # d odds / dt
        mu = np.exp(eta)
        k = np.where(y > 0, 0.0, inner / (self.t**2 + np.exp(-mu))) if inner else np.zeros_like(mu)
        return self.slopes_by(k, eta, y, weight)

    def constant_slope(self, y: Array, weight: Array) -> Array:
        return -2.0 * self.t / (1.0 + self.t**2) * weight


def zero_inflated(t: float = 0.5) -> ZeroInflated:
    """The family with odds t^2 of an extra zero."""
    log_odds = np.asarray(2.0 * np.log(abs(t)) if t else -np.inf)
    return ZeroInflated(**{**of_poisson(), "t": t, "first_t": 0.5, **_parts(log_odds)})


# ---- a probability with predictors
@dataclass(frozen=True)
class ZeroInflatedBy(ExtraZeros):
    """Log odds basis delta + offset of an extra zero."""

    part: ZeroPart
    delta: Array  # (s,)
    soft: bool = False  # type: ignore[assignment]

    @property
    def log_odds(self) -> Array:
        return self.part.basis @ self.delta + self.part.offset

    @property
    def n_shapes(self) -> int:
        return len(self.delta)

    @property
    def first_shapes(self) -> Array:
        """A probability of one in five everywhere, as nearly as the columns allow."""
        wanted = np.log(0.25) - self.part.offset
        return self.part.basis.T @ wanted / len(wanted)

    @property
    def shapes_are_roots(self) -> bool:
        return False

    def onto_shapes(self, rows: Array) -> Array:
        return self.part.basis.T @ rows

    def softened(self) -> ZeroInflatedBy:
        return replace(self, soft=True)

    def at(self, shapes: Array) -> ZeroInflatedBy:
        return replace(zero_inflated_by(self.part, shapes), soft=self.soft)

    def shape_slopes(self, eta: Array, y: Array, weight: Array) -> tuple[Array, Array, Array]:
        return self.slopes_by(1.0 - self.from_poisson(np.exp(eta), y), eta, y, weight)

    def constant_slope(self, y: Array, weight: Array) -> Array:
        return -weight * expit(self.log_odds)


def zero_inflated_by(part: ZeroPart, delta: Array | None = None) -> ZeroInflatedBy:
    """The family whose probability of an extra zero has predictors."""
    at = np.zeros(len(part.names)) if delta is None else np.asarray(delta, dtype=np.float64)
    log_odds = part.basis @ at + part.offset
    return ZeroInflatedBy(**{**of_poisson(), "part": part, "delta": at, **_parts(log_odds)})
