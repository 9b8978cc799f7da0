"""Generalised linear mixed models: yes/no outcomes and counts, by Laplace or adaptive quadrature.

Design in, solution out: theta and beta minimise the approximated deviance together, as in the last stage of
lme4's glmer. The covariance of beta comes from the Hessian over (theta, beta); the one that holds theta fixed stands
beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import DesignError, MethodError
from ..formula.orthogonal_terms import (
    boundary_names,
    original_theta,
    orthogonal_terms,
    orthogonal_theta,
    split_theta,
    turned_terms,
)
from ..model import Array, Design, Extra, Search, Solution
from .counts import check_counts_fit
from .families import POISSON, Family, check_response
from .known import family_of
from .laplace import Laplace, Mode, ModeSearchError
from .quadrature import Quadrature
from .search import SearchState, bfgs, finish, try_zeros
from .start import refuse_constant_levels, start_beta

RUNAWAY_SD = 10.0  # an SD on the link scale above this is an estimate on its way to infinity
RUNAWAY_LOGIT = 12.0  # and so is a logit of extra zeros
HESSIAN_STEP = 1e-3
START_STEPS = 5
LIFT = 0.2


@dataclass(frozen=True, eq=False, kw_only=True)
class GeneralisedExtra(Extra):
    """The approximated deviance and the modes at its end, with two numbers of R's summaries."""

    vcov_rx: Array  # (p, p) covariance of beta with theta held fixed
    log_likelihood_full: float  # with all constants, also after quadrature
    mode: Mode
    objective: Laplace


def generalised_extra(solution: Solution) -> GeneralisedExtra:
    """What a generalised fit keeps; refuses solutions of other engines."""
    if not isinstance(solution.extra, GeneralisedExtra):
        raise MethodError(
            f"This needs a generalised fit; the fit at hand is {solution.family} by {solution.method}."
        )
    return solution.extra


def solve_generalised(
    design: Design,
    family: str = "binomial",
    quadrature: int = 1,
    *,
    link: str | None = None,
    start: Array | None = None,
) -> Solution:
    """Maximum-likelihood fit of y ~ X beta + Z b with b normal, link logit or cloglog ("binomial") or log ("poisson",
    "nbinom2", "zip").

    `design.y` (n,): 0/1 or proportions with the numbers of trials in `design.weights`, or counts. `quadrature` is the
    number of nodes: 1 is Laplace, for any random structure; more is adaptive Gauss-Hermite for exactly one scalar term
    (Liu and Pierce 1994), refused otherwise. `start` (k + p,) begins the search at given (theta, beta), theta
    with the parameters of the distribution behind it. `design.zero` says what extra zeros depend on ("zip").

    `log_likelihood` is on lme4's scale: with all constants for Laplace; for quadrature > 1 without the log-likelihood
    of the saturated model (`extra.log_likelihood_full` has them in both cases). Refuses separated data, constant
    outcomes, and values the family cannot have. R: glmer(y ~ ..., family = binomial, nAGQ = quadrature).
    """
    fam = family_of(design, family, link)
    check_response(fam, design.response, design.y, design.weights)
    if start is None:
        check_counts_fit(fam, design.response, design.y)
    if not design.random:
        raise MethodError("a generalised mixed model needs at least one random term such as (1 | team)")
    refuse_constant_levels(design, fam)
    random, roots = orthogonal_terms(design.random)
    objective = _objective(replace(design, random=random), fam, quadrature)
    if start is None:
        psi = joint_start(objective, start_beta(design, fam if not fam.n_shapes else POISSON))
        soft = fam.softened()
        psi = psi if soft is None else nearer(Laplace(objective.design, soft), psi, roots)
    else:
        psi = turned_start(design, roots, start)
    return search_from(objective, design, psi, roots, quadrature)


def search_from(
    objective: Laplace, design: Design, psi: Array, roots: tuple[Array, ...], quadrature: int
) -> Solution:
    """The solution of a design by searches from (theta, beta); `objective` is over its orthonormal random terms, whose
    turns are `roots`."""
    problem = Scaled(objective, psi, roots)
    runs = _searches(problem, problem.to_scaled(psi))
    best, state = _best(runs)
    if not _proven(state) and any(len(t.names) > 1 for t in design.random):
        runs += _searches(*_along_axes(best, state))
    return _solution(design, runs, quadrature)


def _along_axes(problem: Scaled, state: SearchState) -> tuple[Scaled, Array]:
    """The same problem and place with every term turned to the principal axes of its covariance."""
    old, psi = problem.objective, problem.to_psi(state.x)
    random, roots, theta = turned_terms(old.design.random, problem.roots, psi[: problem.k])
    objective = old.over(replace(old.design, random=random))
    objective.evaluations = old.evaluations
    psi = np.concatenate([theta, psi[len(old.index) :]])
    turned = Scaled(objective, psi, roots)
    return turned, turned.to_scaled(psi)


def turned_start(design: Design, roots: tuple[Array, ...], start: Array) -> Array:
    """(theta, beta) given for the terms of the design, as coordinates of the search; variances near zero are lifted,
    because at zero the gradient vanishes whatever is true."""
    start = np.asarray(start, dtype=float)
    k = sum(t.n_parameters for t in design.random)
    theta = orthogonal_theta(design.random, roots, start[:k])
    return _lifted(design, np.concatenate([theta, start[k:]]))


def _lifted(design: Design, psi: Array) -> Array:
    """psi with small standard deviations and parameters of the distribution raised."""
    pivots = [np.eye(len(t.names))[np.triu_indices(len(t.names))] for t in design.random]
    shapes = len(psi) - design.X.shape[1] - sum(len(p) for p in pivots)
    roots = np.full(shapes, design.zero is None)  # coefficients of predictors of extra zeros may be anything
    may = np.concatenate([*pivots, roots, np.zeros(design.X.shape[1])]) > 0
    return np.where(may & (psi < LIFT / 4), LIFT, psi)


def nearer(soft: Laplace, psi: Array, roots: tuple[Array, ...]) -> Array:
    """(theta, beta) from a search with a softened determinant, to start from."""
    problem = Scaled(soft, psi, roots)
    try:
        x = problem.to_scaled(psi)
        x = bfgs(problem, x, problem.first_inverse(x), problem.limit, noise=problem.noise).x
    except ModeSearchError:
        return psi
    near = problem.to_psi(x)
    if soft.family.shapes_are_roots:
        near[len(soft.index) : problem.k] = np.abs(near[len(soft.index) : problem.k])
    return _lifted(soft.design, near)


def _objective(design: Design, fam: Family, quadrature: int) -> Laplace:
    if quadrature == 1:
        return Laplace(design, fam)
    check_quadrature(design, quadrature)
    return Quadrature(design, fam, int(quadrature))


def check_quadrature(design: Design, quadrature: int) -> None:
    """A whole number of nodes, for one scalar random effect."""
    if int(quadrature) != quadrature or not 1 <= quadrature <= 100:
        raise MethodError(f"quadrature={quadrature} found; expected a whole number of nodes from 1 to 100")
    if len(design.random) != 1 or len(design.random[0].names) != 1:
        found = ", ".join(f"({' + '.join(t.names)} | {t.group})" for t in design.random)
        raise MethodError(
            f"adaptive quadrature with {quadrature} nodes is for one grouping factor with one scalar random effect; "
            f"this model has {found}. Use quadrature=1 (Laplace)"
        )


def joint_start(objective: Laplace, beta: Array) -> Array:
    """(theta, beta): every SD at one, and beta a few joint Newton steps with the random effects from `beta`."""
    theta = objective.first_theta()
    for _ in range(START_STEPS):
        state = objective.mode(theta, beta)
        score = objective.X.T @ state.residual
        step = np.linalg.solve(objective.fixed_information(objective.secured(state)), score)
        if objective.mode(theta, beta + step).penalised > state.penalised:
            break
        beta = beta + step
        if float(step @ score) < 0.1:
            break
    return np.concatenate([theta, beta])


class Scaled:
    """The deviance in coordinates of similar size: theta of orthonormal terms, beta in standard errors."""

    def __init__(self, objective: Laplace, psi: Array, roots: tuple[Array, ...]) -> None:
        self.objective, self.roots = objective, roots
        self.k, self.p = objective.k, objective.p
        theta, beta = psi[: objective.k], psi[objective.k :]
        at = objective.secured(objective.mode(theta, beta))
        self.root = _root(objective.fixed_information(at))  # lower triangular
        self.steps = np.full(self.k + self.p, HESSIAN_STEP)
        self.noise = objective.noise(beta)
        self.limit = np.concatenate([np.full(self.k, 1.0), np.full(self.p, 20.0)])

    def to_psi(self, x: Array) -> Array:
        return np.concatenate([x[: self.k], np.linalg.solve(self.root.T, x[self.k :])])

    def to_scaled(self, psi: Array) -> Array:
        return np.concatenate([psi[: self.k], self.root.T @ psi[self.k :]])

    def __call__(self, x: Array) -> tuple[float, Array]:
        value, g = self.objective.value_gradient(self.to_psi(x))
        return value, np.concatenate([g[: self.k], np.linalg.solve(self.root, g[self.k :])])

    def turned(self, V: Array) -> Array:
        """A covariance (or an inverse Hessian) over the scaled coordinates as one over (theta, beta)."""
        turn = np.eye(self.k + self.p)
        turn[self.k :, self.k :] = np.linalg.inv(self.root.T)
        return turn @ V @ turn.T

    def scaled(self, V: Array) -> Array:
        """The other way round."""
        turn = np.eye(self.k + self.p)
        turn[self.k :, self.k :] = self.root.T
        return turn @ V @ turn.T

    def first_inverse(self, x: Array) -> Array:
        """Inverse Hessian to start from: differences for theta, the information of the start for beta."""
        inverse = np.eye(self.k + self.p) * 0.5
        g0 = self(x)[1]
        block = np.empty((self.k, self.k))
        for i in range(self.k):
            shift = np.zeros(len(x))
            shift[i] = 1e-2
            block[i] = (self(x + shift)[1] - g0)[: self.k] / 1e-2
        curve, vectors = np.linalg.eigh((block + block.T) / 2.0)
        size = np.maximum(np.abs(curve), 0.05 * max(float(np.abs(curve).max()), 1.0))
        inverse[: self.k, : self.k] = (vectors / size) @ vectors.T
        return inverse


def _root(information: Array) -> Array:
    """Lower-triangular root of an information matrix, columns of any scale."""
    scale = np.sqrt(np.diag(information))
    corr = information / np.outer(scale, scale)
    return scale[:, None] * np.asarray(np.linalg.cholesky(corr + 1e-13 * np.eye(len(corr))), float)


Run = tuple[Scaled, SearchState]


def _searches(problem: Scaled, x: Array) -> list[Run]:
    """A search from x, and one from inside when the first ended on the boundary or without proof."""
    first = _search(problem, x)
    at_zero = [c for c in _columns(problem) if np.abs(first.x[c]).max() == 0.0]
    if not at_zero and _proven(first):
        return [(problem, first)]
    x = first.x.copy()
    for columns in _columns(problem):
        if np.abs(x[columns]).max() < 0.1:
            x[columns[0]] = 0.5
    return [(problem, first), (problem, _search(problem, x))]


def _best(runs: list[Run]) -> Run:
    """The lowest end; among equals one that is proven."""
    return min(runs, key=lambda run: (round(run[1].value, 7), not _proven(run[1])))


def _search(problem: Scaled, x: Array) -> SearchState:
    try:
        state = bfgs(problem, x, problem.first_inverse(x), problem.limit, noise=problem.noise)
        state = _zeroed(problem, _finish(problem, _zeroed(problem, state)))
        return state if state.hessian is not None else _finish(problem, state)
    except ModeSearchError as error:
        raise DesignError(
            f"the search left the range of the numbers ({error}); the model is not determined by these data. "
            "Check for separation, very large counts or a predictor on a huge scale"
        ) from None


def _finish(problem: Scaled, state: SearchState) -> SearchState:
    return finish(problem, state, problem.steps, problem.limit, problem.noise)


def _zeroed(problem: Scaled, state: SearchState) -> SearchState:
    return try_zeros(problem, state, _columns(problem))


def _columns(problem: Scaled) -> list[list[int]]:
    """Entries of theta by column of a covariance factor: a column has its sign in common. A parameter of the
    distribution is a column of its own."""
    keys: dict[tuple[int, int], list[int]] = {}
    for i, at in enumerate(problem.objective.index):
        keys.setdefault((at.group, at.col), []).append(i)
    shapes = range(len(problem.objective.index), problem.k)
    return [*keys.values(), *([i] for i in shapes if problem.objective.family.shapes_are_roots)]


def _proven(state: SearchState) -> bool:
    return state.message == "gradient and curvature"


def _solution(design: Design, runs: list[Run], quadrature: int) -> Solution:
    problem, best = _best(runs)
    roots, inner = problem.roots, problem.to_psi(best.x)
    shapes = inner[len(problem.objective.index) : problem.k]
    sign = np.where((shapes < 0) & problem.objective.family.shapes_are_roots, -1.0, 1.0)
    shapes = sign * shapes
    theta, beta = original_theta(design.random, roots, inner[: problem.k]), inner[problem.k :]
    objective = problem.objective.over(design)
    value = objective.value(np.concatenate([theta, shapes, beta]))
    state = objective.mode(np.concatenate([theta, shapes]), beta)
    notes = [*best.notes, *_runaway(design, theta), *zeros_run_away(design, shapes)]
    vcov, shapes_cov = _vcov(problem, best, notes)
    converged = _proven(best) and not notes
    search = Search(
        starts=tuple(
            {"start": i, "criterion": s.value, "steps": s.steps, "message": s.message}
            for i, (_, s) in enumerate(runs)
        ),
        criterion=value,
        gradient=best.gradient[: problem.k],
        max_gradient=float(np.abs(best.gradient).max()),
        smallest_curvature=best.smallest_curvature,
        evaluations=problem.objective.evaluations,
        notes=tuple(notes),
    )
    extra = GeneralisedExtra(
        quadrature=quadrature,
        link=objective.family.link,
        shapes=shapes,
        shapes_cov=shapes_cov * sign[:, None] * np.append(sign, np.ones(len(beta))),
        vcov_rx=np.asarray(np.linalg.inv(objective.fixed_information(state)), float),
        log_likelihood_full=-0.5 * objective.full_value(value),
        mode=state,
        objective=objective,
    )
    return Solution(
        design=design,
        method="ML",
        family=objective.family.name,
        theta=theta,
        sigma=1.0,
        beta=beta,
        vcov=vcov,
        log_likelihood=-0.5 * value,
        n_parameters=problem.k + problem.p,
        converged=converged,
        boundary=boundary_names(design.random, roots, inner[: problem.k]) + objective.family.at_edge,
        search=search,
        extra=extra,
    )


def _vcov(problem: Scaled, best: SearchState, notes: list[str]) -> tuple[Array, Array]:
    """The block of beta (p, p) in twice the inverse Hessian over (theta, beta), and the rows of the parameters of the
    distribution, (s, s + p)."""
    assert best.hessian is not None
    curve, vectors = np.linalg.eigh(best.hessian)
    keep = curve > 1e-7 * max(curve.max(), 1e-300)
    of_shapes = slice(len(problem.objective.index), problem.k)
    in_beta, in_shapes, flat = vectors[problem.k :], vectors[of_shapes], vectors[:, ~keep]
    if flat.size and np.abs(flat[problem.k :]).max() > 1e-3:
        notes.append("the deviance is flat along the fixed effects: no standard errors")
        shapes = len(in_shapes)
        return np.full((problem.p, problem.p), np.nan), np.full((shapes, shapes + problem.p), np.nan)
    half = np.linalg.solve(problem.root.T, in_beta[:, keep] / np.sqrt(curve[keep]))
    root = in_shapes[:, keep] / np.sqrt(curve[keep])
    shapes_cov = 2.0 * root @ np.vstack([root, half]).T
    shapes_cov[np.abs(flat[of_shapes]).max(axis=1, initial=0.0) > 1e-3] = np.nan
    return 2.0 * half @ half.T, shapes_cov


def zeros_run_away(design: Design, shapes: Array) -> list[str]:
    """Rows in which extra zeros are certain, or certainly absent: coefficients on their way to infinity."""
    if design.zero is None:
        return []
    far = int((np.abs(design.zero.basis @ shapes + design.zero.offset) > RUNAWAY_LOGIT).sum())
    if not far:
        return []
    return [
        f"the probability of an extra zero is 0 or 1 in {far} of {design.n} rows: coefficients of "
        f"{design.zero.formula} are on their way to infinity; use fewer predictors of extra zeros"
    ]


def _runaway(design: Design, theta: Array) -> list[str]:
    """Terms whose effects vary beyond reason: the root of the mean variance z'Gz over the rows, on the link scale."""
    notes = []
    for term, factor in zip(design.random, split_theta(design.random, theta), strict=True):
        sd = float(np.sqrt(np.mean(((term.Z @ factor) ** 2).sum(1))))
        if sd > RUNAWAY_SD:
            notes.append(
                f"the effects of ({' + '.join(term.names)} | {term.group}) have SD {sd:.3g} on the link scale: the "
                "estimate is on its way to infinity"
            )
    return notes
