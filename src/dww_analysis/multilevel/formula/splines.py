"""Spline bases of R's package splines: B-splines, bs(), and natural cubic splines, ns().

The knots are learned from the data once; the same knots then give the columns of any rows. Beyond the boundary knots
bs() continues its outer polynomials and ns() its tangents, as in R.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import DesignError, FormulaError
from ..model import Array

CUBIC = 3


@dataclass(frozen=True)
class Knots:
    """What a basis is made of."""

    inner: tuple[float, ...]
    low: float  # boundary knots
    high: float
    degree: int = CUBIC
    intercept: bool = False
    natural: bool = False

    def sequence(self) -> Array:
        """Every knot, the boundary ones degree + 1 times."""
        ends = self.degree + 1
        return np.array([self.low] * ends + sorted(self.inner) + [self.high] * ends)

    def columns(self, x: Array) -> Array:
        """(n, df) the basis at x (n,)."""
        return _natural(x, self) if self.natural else _b_splines(x, self)[:, 0 if self.intercept else 1 :]


@dataclass(frozen=True)
class SplineCall:
    """The arguments of ns() or bs() in a formula."""

    label: str
    natural: bool
    df: int | None = None
    knots: tuple[float, ...] | None = None
    degree: int = CUBIC
    intercept: bool = False
    boundary: tuple[float, ...] | None = None


def find_knots(x: Array, asked: SplineCall) -> Knots:
    """The knots for the numbers x (n,): as asked, else quantiles of x and its range. DesignError for inner knots
    that coincide or do not lie between the boundary knots."""
    low, high = _boundary(x, asked)
    inner = asked.knots
    if inner is None:
        inside = x[(x >= low) & (x <= high)]
        shares = np.linspace(0.0, 1.0, _inner_count(asked) + 2)[1:-1]
        inner = tuple(float(q) for q in np.quantile(inside, shares))
    if len(set(inner)) < len(inner) or any(not low < knot < high for knot in inner):
        shown = ", ".join(f"{k:g}" for k in inner)
        raise DesignError(
            f"{asked.label} has inner knots {shown}, which coincide or do not lie between its boundary knots "
            f"{low:g} and {high:g}. Lower df, or give knots = c(...) that differ."
        )
    return Knots(inner, low, high, asked.degree, asked.intercept, asked.natural)


def _boundary(x: Array, asked: SplineCall) -> tuple[float, float]:
    ends = (float(x.min()), float(x.max())) if asked.boundary is None else asked.boundary
    if len(ends) != 2 or not min(ends) < max(ends):
        raise DesignError(
            f"{asked.label} needs two different boundary knots; found {', '.join(f'{e:g}' for e in ends)}. "
            "Give Boundary.knots = c(low, high), or leave a column without variation out."
        )
    return min(ends), max(ends)


def _inner_count(asked: SplineCall) -> int:
    """How many inner knots the df leave: natural splines lose two df at the ends and gain one inner knot for each."""
    least = (1 if asked.natural else asked.degree) + asked.intercept
    df = least if asked.df is None else asked.df
    if df < least:
        raise FormulaError(f"{asked.label}: df must be at least {least}, not {df}; raise df.")
    return df - least


def _b_splines(x: Array, knots: Knots, derivative: int = 0) -> Array:
    """(n, inner + degree + 1) every B-spline at x; beyond the boundary the outer polynomials go on."""
    from scipy.interpolate import BSpline

    t = knots.sequence()
    every = BSpline(t, np.eye(len(t) - knots.degree - 1), knots.degree, extrapolate=True)
    return np.asarray(every(x, nu=derivative), dtype=np.float64)


def _natural(x: Array, knots: Knots) -> Array:
    """B-splines turned so that the second derivatives at both ends vanish in all but two columns, which are left out.

    The rest are the last columns of the Householder Q of those derivatives, as R's qr() gives them.
    """
    ends = np.array([knots.low, knots.high])
    inside = np.clip(x, *ends)
    basis = _b_splines(inside, knots) + (x - inside)[:, None] * _b_splines(inside, knots, 1)
    first = 0 if knots.intercept else 1
    curvature = _b_splines(ends, knots, 2)[:, first:]
    Q = np.linalg.qr(curvature.T, mode="complete")[0]
    return np.asarray(basis[:, first:] @ Q[:, 2:], dtype=np.float64)
