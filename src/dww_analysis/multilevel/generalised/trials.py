"""Trials invented from a generalised fit and analysed again by the same model: estimates with their covariance.

A full fit searches from afar, from inside once more where a variance ends at zero, and proves its end with central
differences. Here the answer is known to lie near the numbers that were drawn from: one search from there, with the
curvature at that place to begin with, and one Hessian by forward differences of the exact gradient. What does not
settle is fitted in full, so that the numbers are those of the fit itself (to about 1e-4 of a standard error).
`refitted` does this for one response over rows of its own, from a place that is given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import DesignError, MethodError, MultilevelError
from ..model import Array, Design, Solution
from .averaged import parameter_covariance
from .counts import check_counts_fit
from .families import Family, check_response
from .laplace import Laplace, ModeSearchError
from .modes import simulate_generalised
from .search import SearchState, bfgs, try_zeros
from .solve import LIFT, RUNAWAY_SD, Scaled, generalised_extra, solve_generalised
from .start import refuse_constant_levels, start_beta

BATCH = 20  # trials that share one generator, so that a trial depends on the seed and its number alone
NEAR = 1e-6  # predicted decrease of the deviance at which the Hessian is taken
SETTLED = 1e-9  # and at the end
STEP = 1e-4  # of forward differences, in scaled coordinates
NEWTON_STEPS = 4
CURVED = 1e-6  # least curvature, relative to the largest, of what is told by the data


@dataclass(frozen=True, eq=False)
class GeneralisedTrials:
    """Results of r trials; NaN where a response has no fit."""

    theta: Array  # (r, k)
    beta: Array  # (r, p)
    covariance: Array  # (r, k + p, k + p) of theta and beta; zero for a theta at zero
    converged: NDArray[np.bool_]  # (r,)
    at_boundary: NDArray[np.bool_]  # (r,)
    searched_in_full: NDArray[np.bool_]  # (r,)


def invented(
    solution: Solution, n: int, seed: int, *, first: int = 0, beta: Array, theta: Array | None = None
) -> Array:
    """(n_obs, n) outcomes of trials `first`, `first` + 1, ... drawn with the fixed effects beta (p,) and the fitted
    theta, or another. The same seed and number give the same trial, however many are drawn."""
    source = replace(solution, beta=beta, theta=solution.theta if theta is None else theta)
    batches = range(first // BATCH, (first + n - 1) // BATCH + 1)
    drawn = [simulate_generalised(source, BATCH, np.random.default_rng([seed, batch])) for batch in batches]
    skipped = first - batches.start * BATCH
    return np.hstack(drawn)[:, skipped : skipped + n]


def analysed(solution: Solution, Y: Array, beta: Array) -> GeneralisedTrials:
    """The fit of every column of Y (n_obs, r), drawn from `solution` with the fixed effects beta (p,).

    Random intercepts, families without further parameters and Laplace only; MethodError for others.
    """
    near = _Near.of(solution, beta)
    k, p = len(solution.theta), len(beta)
    r = Y.shape[1]
    theta, found = np.full((r, k), np.nan), np.full((r, p), np.nan)
    covariance = np.full((r, k + p, k + p), np.nan)
    converged, full = np.zeros(r, dtype=bool), np.zeros(r, dtype=bool)
    for i, y in enumerate(Y.T):
        try:
            theta[i], found[i], covariance[i], converged[i], full[i] = near.refit(y)
        except MultilevelError:
            continue
    return GeneralisedTrials(theta, found, covariance, converged, (theta == 0.0).any(axis=1), full)


@dataclass(frozen=True, eq=False)
class Refitted:
    """One response fitted again: theta (k,), beta (p,), their covariance (k + p, k + p), zero for a theta at zero."""

    theta: Array
    beta: Array
    covariance: Array
    converged: bool
    in_full: bool  # whether it was searched for from afar


def refitted(design: Design, family: Family, psi: Array, hessian: Array) -> Refitted:
    """The fit of a design with random intercepts, searched for from psi (k + p,), where the deviance has about this
    Hessian (k + p, k + p). Families without further parameters; Laplace. Refuses what a full fit refuses."""
    _refuse(design, family)
    try:
        found = _settled(Laplace(design, family), psi, _inverse(hessian))
    except (ModeSearchError, np.linalg.LinAlgError):
        found = None
    return Refitted(*found, True, False) if found is not None else _in_full(design, family, psi)


def curvature(design: Design, family: Family, psi: Array) -> Array:
    """(k + p, k + p) Hessian of the deviance in theta and beta at psi; DesignError where it has none."""
    objective = Laplace(design, family)
    try:
        _, gradient = objective.value_gradient(psi)
        rows = []
        for i, at in enumerate(psi):
            shift = np.zeros(len(psi))
            shift[i] = STEP * max(1.0, abs(at))
            rows.append((objective.value_gradient(psi + shift)[1] - gradient) / shift[i])
    except ModeSearchError as error:
        raise DesignError(f"the numbers that trials are drawn from have no deviance ({error})") from None
    return (np.array(rows) + np.array(rows).T) / 2.0


@dataclass(frozen=True, eq=False)
class _Near:
    """Where the searches begin."""

    solution: Solution
    objective: Laplace
    psi: Array  # (k + p,)
    inverse: Array  # (k + p, k + p) inverse Hessian in psi at that place, roughly

    @classmethod
    def of(cls, solution: Solution, beta: Array) -> _Near:
        extra, random = generalised_extra(solution), solution.design.random
        plain = all(t.names == ("(Intercept)",) for t in random) and not len(extra.shapes)
        if not plain or extra.quadrature != 1 or solution.design.zero is not None:
            raise MethodError(
                "Trials of generalised models are for random intercepts by Laplace, without further parameters of the "
                "distribution."
            )
        psi = np.concatenate([np.maximum(solution.theta, LIFT), beta])
        objective = extra.objective.for_response(solution.design.y)
        try:
            problem = Scaled(objective, psi, _roots(solution.design))
            x = problem.to_scaled(psi)
            inverse = problem.turned(_inverse(_hessian(problem, x, problem(x)[1])))
        except ModeSearchError as error:
            raise DesignError(f"the numbers that trials are drawn from have no deviance ({error})") from None
        return cls(solution, objective, psi, inverse)

    def refit(self, y: Array) -> tuple[Array, Array, Array, bool, bool]:
        """theta, beta, covariance, whether converged, and whether the fit was searched for in full."""
        design, family = replace(self.solution.design, y=y), self.objective.family
        _refuse(design, family)
        try:
            found = _settled(self.objective.for_response(y), self.psi, self.inverse)
        except (ModeSearchError, np.linalg.LinAlgError):
            found = None
        if found is not None:
            return *found, True, False
        full = _in_full(design, family, self.psi)
        return full.theta, full.beta, full.covariance, full.converged, True


def _refuse(design: Design, family: Family) -> None:
    """What a full fit refuses, before any search."""
    check_response(family, design.response, design.y, design.weights)
    check_counts_fit(family, design.response, design.y)
    refuse_constant_levels(design, family)
    start_beta(design, family)  # refuses separated data


def _settled(objective: Laplace, start: Array, inverse: Array) -> tuple[Array, Array, Array] | None:
    """theta, beta and covariance by a search from `start` (k + p,), with the inverse Hessian there; None where its end
    is not plain."""
    problem = Scaled(objective, start, _roots(objective.design))
    k = problem.k
    first = problem.scaled(inverse)
    state = bfgs(problem, problem.to_scaled(start), first, problem.limit, NEAR, noise=problem.noise)
    state = try_zeros(problem, state, [[i] for i in range(k)])
    hessian = _hessian(problem, state.x, state.gradient)
    curve = np.linalg.eigvalsh(hessian)
    if not curve[0] > CURVED * curve[-1]:
        return None
    ended = _newton(problem, state, hessian)
    if ended is None:
        return None
    state = try_zeros(problem, ended, [[i] for i in range(k)])
    if np.abs(state.x[:k]).max(initial=0.0) > RUNAWAY_SD:
        return None
    free = np.concatenate([state.x[:k] != 0.0, np.ones(problem.p, dtype=bool)])
    covariance = np.zeros_like(hessian)
    covariance[np.ix_(free, free)] = 2.0 * np.linalg.inv(hessian[np.ix_(free, free)])
    sign = np.where(state.x[:k] < 0.0, -1.0, 1.0)
    signs = np.concatenate([sign, np.ones(problem.p)])
    psi = problem.to_psi(state.x)
    return sign * psi[:k], psi[k:], signs[:, None] * problem.turned(covariance) * signs


def _in_full(design: Design, family: Family, start: Array) -> Refitted:
    found = solve_generalised(design, family.name, link=family.link, start=start)
    return Refitted(found.theta, found.beta, parameter_covariance(found), found.converged, True)


def _roots(design: Design) -> tuple[Array, ...]:
    """Intercepts are orthonormal as they are."""
    return tuple(np.eye(1) for _ in design.random)


def _hessian(problem: Scaled, x: Array, gradient: Array) -> Array:
    """Forward differences of the gradient, symmetrised."""
    out = np.empty((len(x), len(x)))
    for i in range(len(x)):
        shift = np.zeros(len(x))
        shift[i] = STEP
        out[i] = (problem(x + shift)[1] - gradient) / STEP
    return (out + out.T) / 2.0


def _inverse(hessian: Array) -> Array:
    """Of a matrix that may curve downwards somewhere."""
    curve, vectors = np.linalg.eigh(hessian)
    size = np.maximum(np.abs(curve), 0.05 * max(float(np.abs(curve).max()), 1e-300))
    return np.asarray((vectors / size) @ vectors.T, dtype=np.float64)


def _newton(problem: Scaled, state: SearchState, hessian: Array) -> SearchState | None:
    """Newton steps with one Hessian until nothing is to be gained; None where that does not come."""
    for _ in range(NEWTON_STEPS):
        step = -np.linalg.solve(hessian, state.gradient)
        if -0.5 * float(step @ state.gradient) < SETTLED:
            return state
        value, gradient = problem(state.x + step)
        if value > state.value + problem.noise + SETTLED:
            return None
        state = SearchState(state.x + step, value, gradient)
    step = -np.linalg.solve(hessian, state.gradient)
    return state if -0.5 * float(step @ state.gradient) < NEAR else None
