"""From a Gaussian design to its solution: the search, the estimates, and the names of what lies on the
boundary.
"""

from __future__ import annotations

import numpy as np

from ..errors import DesignError, MethodError
from ..model import Array, Design, RandomTerm, Solution
from .extra import GaussianExtra
from .likelihood import Criterion, Profile
from .search import Optimum, no_rest, search

NO_RESIDUAL = 1e-12  # residual variance, relative to that around the fixed effects, that is rounding
BOUNDARY = 1e-5  # a relative standard deviation below this, or a correlation nearer than this to 1, is on the boundary


def solve_gaussian(design: Design, method: str = "REML", *, start: Array | None = None) -> Solution:
    """Fit a Gaussian multilevel model with any nested, crossed or partly crossed random terms.

    Parameters: `method` "REML" or "ML"; `start` (k,) theta in the units of `Solution.theta`, from which the
    search begins besides its own starts. The covariance is sigma2 (W^-1 + sum_r Z_r Lambda_r Lambda_r' Z_r').
    Source: Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1), with the elimination described in
    docs/methods/multilevel.md. Reproduces lme4::lmer(formula, REML = method == "REML"). Refuses designs
    without random terms, methods other than these two, and responses that the fixed or random effects explain without
    rest.
    """
    if method not in ("REML", "ML"):
        raise MethodError(f"Unknown method {method!r} for a Gaussian model. Known: 'REML', 'ML'.")
    if not design.random:
        raise DesignError(
            f"No random terms in '{design.formula}'. A multilevel model needs at least one, for example (1 | team); "
            "for a model without them use fit_ols(), ordinary least squares."
        )
    criterion = Criterion.of(design, method)
    scaled = None if start is None else criterion.scaled_theta(np.asarray(start, dtype=float))
    optimum = search(criterion, scaled)
    if optimum.expansion.fit.rss / criterion.divisor < NO_RESIDUAL:
        raise no_rest(design)
    return assemble(criterion, optimum)


def assemble(criterion: Criterion, optimum: Optimum) -> Solution:
    """The solution in the units of the data, with the search's own record."""
    design, fit = criterion.design, optimum.expansion.fit
    beta, vcov, sigma = unscale(criterion, fit)
    theta = criterion.original_theta(optimum.theta)
    solution = Solution(
        design=design,
        method=criterion.method,
        family="gaussian",
        theta=theta,
        sigma=sigma,
        beta=beta,
        vcov=vcov,
        log_likelihood=-optimum.search.criterion / 2,
        n_parameters=len(beta) + len(theta) + 1,
        converged=optimum.converged,
        boundary=boundary_names(criterion, optimum.theta),
        search=optimum.search,
        extra=GaussianExtra(criterion=criterion, expansion=optimum.expansion),
    )
    return solution


def unscale(criterion: Criterion, fit: Profile) -> tuple[Array, Array, float]:
    """(beta, vcov, sigma) in the units of the data."""
    scale, T = criterion.response.scale, criterion.scaling.T
    variance = fit.rss / criterion.divisor
    vcov = variance * scale**2 * T @ fit.inverse @ T.T
    beta = criterion.response.start + scale * (T @ fit.beta)
    return beta, (vcov + vcov.T) / 2, float(np.sqrt(variance) * scale)


def boundary_names(criterion: Criterion, theta: Array) -> tuple[str, ...]:
    """Names of variances at zero and of correlations at 1 or -1; a singular covariance of three or more is
    named whole.
    """
    out: list[str] = []
    terms = zip(criterion.design.random, criterion.factors(theta), criterion.scaling.z_scales, strict=True)
    for term, factor, scales in terms:
        if scales is None:
            out += _boundary_of_basis(term, factor)
            continue
        if len(factor) == 1:
            out += [f"{term.group} {term.names[0]}"] if abs(factor[0, 0]) <= BOUNDARY else []
            continue
        sd = np.sqrt((factor * factor).sum(axis=1))
        alive = sd > BOUNDARY
        out += [f"{term.group} {name}" for name, on in zip(term.names, alive, strict=True) if not on]
        if alive.sum() < 2 or np.abs(factor.diagonal()).min() > 1e-2 * sd.max():
            continue
        index = np.flatnonzero(alive)
        unit = factor[index] / sd[index, None]
        R = unit @ unit.T
        pairs = [(a, b) for a in range(len(index)) for b in range(a) if 1 - abs(R[a, b]) < BOUNDARY]
        out += [f"{term.group} cor({term.names[index[b]]}, {term.names[index[a]]})" for a, b in pairs]
        if not pairs and np.linalg.svd(unit, compute_uv=False)[-1] < BOUNDARY:
            out.append(f"{term.group} covariance of {', '.join(term.names[i] for i in index)}")
    return tuple(out)


def _boundary_of_basis(term: RandomTerm, factor: Array) -> list[str]:
    """The same for a term with an orthogonal basis, of which only the last column is one of the data's own."""
    if np.sqrt(factor[-1] @ factor[-1]) <= BOUNDARY:
        return [f"{term.group} {term.names[-1]}"]
    sizes = np.linalg.svd(factor, compute_uv=False)
    if sizes[-1] >= BOUNDARY * max(1.0, sizes[0]):
        return []
    names = ", ".join(term.names)
    return [f"{term.group} cor({names})" if len(term.names) == 2 else f"{term.group} covariance of {names}"]
