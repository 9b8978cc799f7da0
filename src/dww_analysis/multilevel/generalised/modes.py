"""After a generalised fit: conditional modes with their covariances, simulated responses, and where another search
begins."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from ..formula.orthogonal_terms import split_theta
from ..model import Array, RandomTerm, Solution
from .known import family_of
from .solve import GeneralisedExtra, generalised_extra


def generalised_random_effects(solution: Solution) -> list[tuple[Array, Array]]:
    """Per random term the conditional modes (levels, q) and their covariance matrices (levels, q, q).

    b = Lambda u at the mode; covariance Lambda H^-1 Lambda' with theta and beta held (lme4's condVar), link scale.
    """
    extra, design = generalised_extra(solution), solution.design
    of_zeros = () if design.zero is None else design.zero.random
    theta = np.concatenate([solution.theta, extra.zero_theta])
    return effects_at_mode(extra, theta, (*design.random, *of_zeros))[: len(design.random)]


def effects_at_mode(
    extra: GeneralisedExtra, theta: Array, random: tuple[RandomTerm, ...]
) -> list[tuple[Array, Array]]:
    """The same for the terms that were searched, with their theta."""
    objective, mode = extra.objective, extra.mode
    inverse = objective.elimination.selected_inverse(mode.factor)
    lambdas = objective.lambdas(theta)
    out: list[tuple[Array, Array]] = [(np.empty(0), np.empty(0))] * len(random)
    for g, group in enumerate(objective.groups):
        b = lambdas[g] @ mode.u[g]
        cov = np.einsum("ab,bcj,dc->jad", lambdas[g], inverse.diagonal[g], lambdas[g])
        for r, start in zip(group.terms, group.starts, strict=True):
            part = slice(start, start + len(random[r].names))
            out[r] = (np.ascontiguousarray(b[part].T), cov[:, part, part])
    return out


def simulate_generalised(solution: Solution, n: int, rng: np.random.Generator) -> Array:
    """(n_obs, n) responses with new random effects: proportions for binomial, counts for the other families."""
    design = solution.design
    fixed = design.X @ solution.beta + design.offset
    eta = _with_new_effects(fixed, design.random, solution.theta, n, rng)
    extra, zero = generalised_extra(solution), design.zero
    family = family_of(design, solution.family, extra.link).at(extra.shapes)
    if zero is None or not zero.random:
        return family.draw(rng, family.mean(eta), design.weights)
    fixed = zero.basis @ extra.shapes + zero.offset
    logit = _with_new_effects(fixed, zero.random, extra.zero_theta, n, rng)
    return np.where(rng.random(eta.shape) < expit(logit), 0.0, rng.poisson(family.mean(eta)))


def _with_new_effects(
    fixed: Array, random: tuple[RandomTerm, ...], theta: Array, draws: int, rng: np.random.Generator
) -> Array:
    """(n, draws) a linear predictor (n,) with new random effects of terms."""
    total = np.repeat(fixed[:, None], draws, axis=1)
    for term, factor in zip(random, split_theta(random, theta), strict=True):
        b = rng.standard_normal((term.n_levels, draws, len(term.names))) @ factor.T
        for k in range(len(term.names)):
            total += term.Z[:, k, None] * b[term.codes, :, k]
    return total


def searched(solution: Solution) -> Array:
    """What the search of a fit ended with, to begin another: theta, parameters of the distribution and beta, in the
    order in which the search of such a design takes them."""
    extra = generalised_extra(solution)
    if len(extra.zero_theta):
        return np.concatenate([solution.theta, extra.zero_theta, solution.beta, extra.shapes])
    return np.concatenate([solution.theta, extra.shapes, solution.beta])
