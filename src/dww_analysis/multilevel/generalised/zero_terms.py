"""Counts whose probability of an extra zero has random effects: two linear predictors as one of stacked rows.

With eta the logarithm of the Poisson mean and zeta the logit of an extra zero, a row has a likelihood of both. Each
stands in three rows, of eta, of zeta and of eta + zeta, and the curvature (a, c; c, b) of the log-likelihood in the two
is that of three independent rows:
  a e e' + b z z' + c (e z' + z e') = (a - c) e e' + (b - c) z z' + c (e + z)(e + z)',
so that modes, determinant and gradient are those of any other model (`laplace`). Laplace only, as in glmmTMB
(family poisson, ziformula with bars).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, gammaln, xlogy

from ..errors import MethodError
from ..formula.orthogonal_terms import orthogonal_terms
from ..model import ZERO, Array, Design, RandomTerm, Search, Solution, ZeroPart
from .counts import check_counts_fit, of_poisson
from .extra_zeros import zero_inflated_by
from .families import POISSON, Family, check_response
from .laplace import Laplace
from .modes import effects_at_mode
from .solve import (
    generalised_extra,
    joint_start,
    nearer,
    search_from,
    turned_start,
    zeros_run_away,
)
from .start import refuse_constant_levels, start_beta


def solve_zero_terms(design: Design, quadrature: int = 1, *, start: Array | None = None) -> Solution:
    """Maximum-likelihood fit (Laplace) of a zero-inflated Poisson model with random effects in both parts.

    `design.zero` holds the terms of extra zeros; `start` (theta of both, beta, coefficients of extra zeros as they are
    searched). Refuses quadrature, models of counts without random terms, and what `solve_generalised` refuses.
    R: glmmTMB(y ~ x + (1 | g), ziformula = ~ x + (1 | g), family = poisson).
    """
    zero = _zero_part(design)
    if quadrature != 1:
        raise MethodError(
            f"quadrature={quadrature} is for one random effect, and extra zeros with random effects have more; "
            "use quadrature=1 (Laplace)."
        )
    if not design.random:
        raise MethodError(
            "A generalised mixed model needs at least one random term of the counts, such as (1 | team), "
            "besides those of extra zeros; add one to the formula."
        )
    family = zero_inflated_by(zero)
    check_response(family, design.response, design.y, design.weights)
    if start is None:
        check_counts_fit(family, design.response, design.y)
    refuse_constant_levels(design, family)
    rows = stacked_rows(design)
    random, roots = orthogonal_terms(rows.random)
    objective = Laplace(replace(rows, random=random), paired_zeros())
    if start is None:
        psi = joint_start(objective, np.concatenate([start_beta(design, POISSON), family.first_shapes]))
        psi = nearer(Laplace(objective.design, paired_zeros(soft=True)), psi, roots)
    else:
        psi = turned_start(rows, roots, start)
    return _of_counts(search_from(objective, rows, psi, roots, 1), design)


def _zero_part(design: Design) -> ZeroPart:
    assert design.zero is not None
    return design.zero


# ---- stacked rows ------------------------------------------------------------------------------------------------
def stacked_rows(design: Design) -> Design:
    """Rows of eta, of zeta and of their sum. Coefficients are beta, then those of extra zeros as they are searched."""
    zero = _zero_part(design)
    return replace(
        design,
        y=np.tile(design.y, 3),
        X=np.hstack([_in_counts(design.X), _in_zeros(zero.basis)]),
        x_names=(*design.x_names, *(f"{ZERO}{name}" for name in zero.names)),
        random=(
            *(_stacked(t, _in_counts) for t in design.random),
            *(_stacked(t, _in_zeros) for t in zero.random),
        ),
        weights=np.tile(design.weights, 3),
        offset=np.concatenate([design.offset, zero.offset, design.offset + zero.offset]),
        zero=None,
    )


def _in_counts(columns: Array) -> Array:
    return np.vstack([columns, np.zeros_like(columns), columns])


def _in_zeros(columns: Array) -> Array:
    return np.vstack([np.zeros_like(columns), columns, columns])


def _stacked(term: RandomTerm, place: Callable[[Array], Array]) -> RandomTerm:
    return replace(term, Z=place(term.Z), codes=np.tile(term.codes, 3))


@dataclass(frozen=True)
class PairedZeros(Family):
    """The zero-inflated Poisson likelihood over stacked rows."""

    soft: bool = False  # whether the determinant takes curvatures that are never negative

    def kernel_rows(self, eta: Array, y: Array, weight: Array) -> Array:
        e, zeta, count = _parts(eta, y)
        mu = np.exp(e)
        rows = np.where(count == 0, np.logaddexp(zeta, -mu), count * e - mu) - np.logaddexp(0.0, zeta)
        return _first(weight[: len(e)] * rows)

    def slope_and_weight(self, eta: Array, y: Array, weight: Array) -> tuple[Array, Array]:
        e, zeta, count = _parts(eta, y)
        mu, r, s = _shares(e, zeta, count)
        a, c, b = r * mu * (1.0 - (1.0 - r) * mu), -r * (1.0 - r) * mu, s * (1.0 - s) - r * (1.0 - r)
        return weight * np.concatenate([count - r * mu, 1.0 - r - s, 0.0 * mu]), weight * _three(a, c, b)

    def secure_weight(self, eta: Array, y: Array, weight: Array) -> Array:
        """(n,) the curvatures if it were known which zeros are extra: never negative, and never below the real ones."""
        e, zeta, count = _parts(eta, y)
        mu, r, s = _shares(e, zeta, count)
        return weight * _three(r * mu, 0.0 * mu, s * (1.0 - s))

    def expected_weight(self, eta: Array, y: Array, weight: Array) -> Array | None:
        return self.secure_weight(eta, y, weight) if self.soft else None

    def bend(self, leverage: Array, eta: Array, y: Array, weight: Array) -> Array:
        e, zeta, count = _parts(eta, y)
        mu, r, s = _shares(e, zeta, count)
        v, turn = r * (1.0 - r), 1.0 - 2.0 * r
        of_e, of_z, of_sum = np.split(leverage, 3)
        between = of_sum - of_e - of_z
        a_e, a_z = r * mu * (1.0 - (1.0 - r) * mu), -v * mu
        b_e, b_z = 0.0 * mu, s * (1.0 - s) * (1.0 - 2.0 * s)
        c_e = c_z = b_e
        if not self.soft:
            a_e = r * mu * (1.0 - (1.0 - r) * mu * (3.0 - mu * turn))
            a_z = c_e = v * mu * (turn * mu - 1.0)
            b_e = c_z = turn * v * mu
            b_z = b_z + turn * v
        by_e = of_e * a_e + of_z * b_e + between * c_e
        by_z = of_e * a_z + of_z * b_z + between * c_z
        return weight * np.concatenate([by_e, by_z, 0.0 * mu])


def _parts(eta: Array, y: Array) -> tuple[Array, Array, Array]:
    """eta and zeta of the rows, and their counts."""
    e, zeta, _ = np.split(eta, 3)
    return e, zeta, y[: len(e)]


def _shares(e: Array, zeta: Array, count: Array) -> tuple[Array, Array, Array]:
    """Poisson mean, probability that a count is no extra zero given the count, and probability of an extra zero."""
    mu = np.exp(e)
    return mu, np.where(count == 0, expit(-zeta - mu), 1.0), expit(zeta)


def _three(a: Array, c: Array, b: Array) -> Array:
    """Weights of stacked rows that amount to the curvature (a, c; c, b) of each."""
    return np.concatenate([a - c, b - c, c])


def _first(rows: Array) -> Array:
    return np.concatenate([rows, np.zeros(2 * len(rows))])


def paired_zeros(soft: bool = False) -> PairedZeros:
    """The family of stacked rows."""

    def constant(y: Array, w: Array) -> Array:
        n = len(y) // 3
        return _first(-w[:n] * gammaln(y[:n] + 1.0))

    def saturated(y: Array, w: Array) -> Array:
        n = len(y) // 3
        return _first(w[:n] * (xlogy(y[:n], y[:n]) - y[:n]))

    return PairedZeros(
        **{**of_poisson(), "name": "zip", "constant": constant, "saturated": saturated, "soft": soft}
    )


# ---- the solution ------------------------------------------------------------------------------------------------
def _of_counts(found: Solution, design: Design) -> Solution:
    """The solution of stacked rows as one of the counts, with what belongs to extra zeros beside it."""
    extra = generalised_extra(found)
    k, p = sum(term.n_parameters for term in design.random), design.X.shape[1]
    shapes, V = found.beta[p:], found.vcov
    notes = (*found.search.notes, *zeros_run_away(design, shapes))
    search: Search = replace(found.search, notes=notes)
    return replace(
        found,
        design=design,
        theta=found.theta[:k],
        beta=found.beta[:p],
        vcov=V[:p, :p],
        converged=found.converged and not notes,
        search=search,
        extra=replace(
            extra,
            shapes=shapes,
            shapes_cov=np.hstack([V[p:, p:], V[p:, :p]]),
            vcov_rx=extra.vcov_rx[:p, :p],
            zero_theta=found.theta[k:],
            zero_modes=tuple(effects_at_mode(extra, found.theta, found.design.random)[len(design.random) :]),
        ),
    )  # fmt: skip
