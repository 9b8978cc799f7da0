"""Cumulative logit models of ordered outcomes with random effects, as a logistic model of stacked rows.

With thresholds a_1 < ... < a_(K-1) and location eta = x'beta + z'b, P(Y <= k) = F(a_k - eta), F logistic. A row in
category k has likelihood F(a_k - eta) - F(a_(k-1) - eta), and for logistic F
  F(u) - F(l) = (1 - exp(l - u)) F(u) F(-l),
so its log-likelihood is that of two yes/no rows (one at the upper threshold with outcome 1, one at the lower with
outcome 0; the outer categories have one) and a term in the thresholds alone. Laplace approximation, quadrature and
their gradients are therefore those of the binomial model; only the gaps between thresholds are added here.
(McCullagh 1980, J R Stat Soc B 42:109-142; the factorisation is ours and is checked against direct integration.)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import DesignError, MethodError
from ..formula.orthogonal_terms import orthogonal_terms
from ..model import Array, Design, RandomTerm, Solution
from .families import BINOMIAL
from .laplace import Laplace, Mode, ModeSearchError
from .quadrature import Quadrature
from .solve import check_quadrature, search_from, turned_start
from .start import separated_columns

SUSPICIOUS_ETA = 12.0  # a linear predictor that hints at an infinite estimate


def solve_ordinal(design: Design, quadrature: int = 1, *, start: Array | None = None) -> Solution:
    """Maximum-likelihood fit of a cumulative logit model; `design.y` holds the positions of the categories.

    beta holds the thresholds first, then the fixed effects: positive effects go with higher categories. `quadrature` as
    for binomial models. Refuses data in which a category does not occur or the categories are separated.
    R: ordinal::clmm(y ~ ..., nAGQ = quadrature).
    """
    if not design.random:
        raise MethodError(
            "An ordinal mixed model needs at least one random term such as (1 | team); add one."
        )
    _refuse_absent(design)
    rows = stacked_rows(design)
    random, roots = orthogonal_terms(rows.random)
    objective = _objective(replace(rows, random=random), gap_weights(design), quadrature)
    psi = _start(design, objective.k) if start is None else turned_start(rows, roots, start)
    found = search_from(objective, rows, psi, roots, quadrature)
    _refuse_separated(found, rows)
    return replace(found, design=design, family="ordinal")


def _refuse_absent(design: Design) -> None:
    counts = np.bincount(design.y.astype(np.intp), minlength=len(design.categories))
    absent = [c for c, n in zip(design.categories, counts, strict=True) if n == 0]
    if absent:
        raise DesignError(
            f"Outcome {design.response} has no row in {', '.join(absent)}; merge these categories with others."
        )


def _refuse_separated(found: Solution, rows: Design) -> None:
    eta = rows.X @ found.beta
    if found.converged and np.abs(eta).max() <= SUSPICIOUS_ETA:
        return
    columns = separated_columns(rows, BINOMIAL)
    if columns:
        raise DesignError(
            f"Outcome {rows.response}: its categories are separated exactly by {', '.join(columns)}, so the "
            "maximum-likelihood estimate is infinite. Merge levels or categories, or leave the predictor out."
        )


# ---- stacked rows ------------------------------------------------------------------------------------------------
def stacked_rows(design: Design) -> Design:
    """The yes/no rows of an ordered outcome: those at the upper thresholds, then those at the lower ones.

    Predictors count negatively (a threshold minus the location), those of the random effects too.
    """
    y, top = design.y.astype(np.intp), len(design.categories) - 1
    upper, lower = np.flatnonzero(y < top), np.flatnonzero(y > 0)
    rows, at = np.concatenate([upper, lower]), np.concatenate([y[upper], y[lower] - 1])
    thresholds = np.eye(top)[at]
    return replace(
        design,
        y=np.concatenate([np.ones(len(upper)), np.zeros(len(lower))]),
        X=np.hstack([thresholds, -design.X[rows, top:]]),
        random=tuple(_stacked_term(term, rows) for term in design.random),
        weights=design.weights[rows],
        offset=-design.offset[rows],
    )


def _stacked_term(term: RandomTerm, rows: Any) -> RandomTerm:
    return replace(term, Z=-term.Z[rows], codes=term.codes[rows])


def gap_weights(design: Design) -> Array:
    """(K - 2,) weight of the rows in each category between two thresholds."""
    totals = np.bincount(design.y.astype(np.intp), design.weights, len(design.categories))
    return np.asarray(totals[1:-1], dtype=np.float64)


def _start(design: Design, k: int) -> Array:
    """Every SD at one, thresholds from the shares of the categories, no effects."""
    counts = np.bincount(design.y.astype(np.intp), design.weights, len(design.categories))
    below = np.cumsum(counts)[:-1] / counts.sum()
    diagonal = np.concatenate([np.eye(len(t.names))[np.triu_indices(len(t.names))] for t in design.random])
    return np.concatenate(
        [diagonal[:k], np.log(below / (1 - below)), np.zeros(design.X.shape[1] - len(below))]
    )


# ---- the deviance ------------------------------------------------------------------------------------------------
class _Gaps(Laplace):
    """What the gaps between thresholds add to a deviance of stacked rows. The thresholds are the first coefficients."""

    gaps: Array

    def _gap_sizes(self, psi: Array) -> Array:
        d = np.diff(psi[self.k : self.k + len(self.gaps) + 1])
        if (d <= 0).any():
            raise ModeSearchError("thresholds out of order")
        return d

    def value(self, psi: Array) -> float:
        return self.value_gradient(psi)[0]

    def value_gradient(self, psi: Array) -> tuple[float, Array]:
        d = self._gap_sizes(psi)
        value, gradient = super().value_gradient(psi)
        slope = -2.0 * self.gaps / np.expm1(d)
        at = self.k + np.arange(len(d))
        gradient[at + 1] += slope
        gradient[at] -= slope
        return value - 2.0 * float(self.gaps @ np.log(-np.expm1(-d))), gradient

    def fixed_information(self, state: Mode) -> Array:
        """With the curvature of the gaps at the thresholds of the last mode."""
        out = super().fixed_information(state)
        d = np.maximum(self._last_gaps, 1e-3)
        curve = self.gaps * np.exp(d) / np.expm1(d) ** 2
        for i, c in enumerate(curve):
            out[i : i + 2, i : i + 2] += c * np.array([[1.0, -1.0], [-1.0, 1.0]])
        return out

    _last_gaps: Array

    def mode(self, theta: Array, beta: Array) -> Mode:
        self._last_gaps = np.diff(beta[: len(self.gaps) + 1])
        return super().mode(theta, beta)


class OrdinalLaplace(_Gaps):
    """Laplace deviance of an ordered outcome."""

    def __init__(self, rows: Design, gaps: Array) -> None:
        super().__init__(rows, BINOMIAL)
        self.gaps = gaps

    def over(self, design: Design) -> Laplace:
        return OrdinalLaplace(design, self.gaps)


class OrdinalQuadrature(_Gaps, Quadrature):
    """Deviance of an ordered outcome by quadrature."""

    def __init__(self, rows: Design, gaps: Array, nodes: int) -> None:
        Quadrature.__init__(self, rows, BINOMIAL, nodes)
        self.gaps = gaps

    def over(self, design: Design) -> Laplace:
        return OrdinalQuadrature(design, self.gaps, len(self.z))


def _objective(rows: Design, gaps: Array, quadrature: int) -> Laplace:
    if quadrature == 1:
        return OrdinalLaplace(rows, gaps)
    check_quadrature(rows, quadrature)
    return OrdinalQuadrature(rows, gaps, int(quadrature))


# ---- after the fit -----------------------------------------------------------------------------------------------
def simulate_ordinal(solution: Solution, n: int, rng: np.random.Generator) -> Array:
    """(n_obs, n) positions of categories, with new random effects."""
    design = solution.design
    location = np.repeat((design.X @ solution.beta + design.offset)[:, None], n, axis=1)
    for r, term in enumerate(design.random):
        b = rng.standard_normal((term.n_levels, n, len(term.names))) @ solution.factor(r).T
        for j in range(len(term.names)):
            location += term.Z[:, j, None] * b[term.codes, :, j]
    latent = location + rng.logistic(size=location.shape)
    thresholds = solution.beta[: len(design.categories) - 1]
    return (latent[:, :, None] > thresholds).sum(axis=2).astype(np.float64)
