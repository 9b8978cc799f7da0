"""After a generalised fit: conditional modes with their covariances, simulated responses and refits of new ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import DesignError
from ..formula.orthogonal_terms import factor_matrix
from ..model import Array, Design, Solution
from .known import family_of
from .solve import generalised_extra, solve_generalised


def generalised_random_effects(solution: Solution) -> list[tuple[Array, Array]]:
    """Per random term the conditional modes (levels, q) and their covariance matrices (levels, q, q).

    b = Lambda u at the mode; covariance Lambda H^-1 Lambda' with theta and beta held (lme4's condVar), link scale.
    """
    extra = generalised_extra(solution)
    objective, mode = extra.objective, extra.mode
    inverse = objective.elimination.selected_inverse(mode.factor)
    lambdas = objective.lambdas(solution.theta)
    out: list[tuple[Array, Array]] = [(np.empty(0), np.empty(0))] * len(solution.design.random)
    for g, group in enumerate(objective.groups):
        b = lambdas[g] @ mode.u[g]
        cov = np.einsum("ab,bcj,dc->jad", lambdas[g], inverse.diagonal[g], lambdas[g])
        for r, start in zip(group.terms, group.starts, strict=True):
            part = slice(start, start + len(solution.design.random[r].names))
            out[r] = (np.ascontiguousarray(b[part].T), cov[:, part, part])
    return out


def simulate_generalised(solution: Solution, n: int, rng: np.random.Generator) -> Array:
    """(n_obs, n) responses with new random effects: proportions for binomial, counts for the other families."""
    design = solution.design
    eta = np.repeat((design.X @ solution.beta + design.offset)[:, None], n, axis=1)
    at = 0
    for term in design.random:
        q = len(term.names)
        factor = factor_matrix(solution.theta[at : at + term.n_parameters], q)
        at += term.n_parameters
        b = rng.standard_normal((term.n_levels, n, q)) @ factor.T
        for k in range(q):
            eta += term.Z[:, k, None] * b[term.codes, :, k]
    family = family_of(design, solution.family, solution.extra.link).at(generalised_extra(solution).shapes)
    return family.draw(rng, family.mean(eta), design.weights)


def refit_generalised(solution: Solution, y: Array) -> Solution:
    """The same model on a new response (n,), searched from the estimates at hand; refuses as the first fit does."""
    y = np.asarray(y, dtype=float)
    if y.shape != (solution.design.n,):
        raise DesignError(
            f"a response of shape {y.shape} found; expected ({solution.design.n},), one value a row used"
        )
    design: Design = replace(solution.design, y=y)
    start = np.concatenate([solution.theta, generalised_extra(solution).shapes, solution.beta])
    return solve_generalised(
        design, solution.family, solution.extra.quadrature, link=solution.extra.link, start=start
    )
