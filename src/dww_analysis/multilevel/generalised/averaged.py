"""Expected outcomes of a generalised fit, averaged over rows and over its random effects.

A coefficient of a generalised mixed model compares two levels with the same random effect. What a population would show
is the mean of g^-1(x'beta + s z) over the rows and over z ~ N(0, 1), s^2 the sum of the variances (Zeger, Liang and
Albert 1988); differences and ratios of such means are standardised (Zou 2009). Their covariance is that of theta and
beta together, by the delta method: the variances are estimates too. Random intercepts only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import MethodError
from ..model import Array, Solution
from .families import Family
from .solve import generalised_extra

CANONICAL = {("binomial", "logit"), ("poisson", "log")}
NODES = 80  # of Gauss-Hermite: exact to 1e-8 for an SD of 3 on the logit scale
STEP = 1e-4  # of differences of the exact gradient: of theta, and of beta in standard errors


@dataclass(frozen=True, eq=False)
class Averages:
    """Averaged expected outcomes and their covariance. Linear functions of them have the covariance L vcov L'."""

    values: Array  # (m,)
    vcov: Array  # (m, m)


def averaged(solution: Solution, tables: Sequence[Array]) -> Averages:
    """The average expected outcome of each table of fixed columns (rows, p), over its rows and the random effects.

    Refuses random slopes, links that are not canonical, and fits whose deviance is flat. R: GLMMadaptive's
    marginal_coefs asks the same question; marginaleffects::avg_predictions without the integral.
    """
    extra = generalised_extra(solution)
    if any(term.names != ("(Intercept)",) for term in solution.design.random):
        raise MethodError(
            "Averages over random effects are for random intercepts; this model has random slopes."
        )
    family = extra.objective.family
    if (family.name, extra.link) not in CANONICAL:
        raise MethodError(
            "Averages over random effects are for binomial models with logit link and Poisson models with log link, "
            f"not {family.name} with {extra.link}."
        )
    found = [average(family, X, solution.theta, solution.beta) for X in tables]
    slopes = np.array([slope for _, slope in found])
    return Averages(
        np.array([value for value, _ in found]), slopes @ parameter_covariance(solution) @ slopes.T
    )


def average(
    family: Family, X: Array, theta: Array, beta: Array, rows: Array | None = None
) -> tuple[float, Array]:
    """The average, and its slope (k + p,) in theta and beta. rows: (rows,) part that each row of X has in the average,
    None: the same; theta (k,) of random intercepts, beta (p,)."""
    z, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    part = np.full(len(X), 1 / len(X)) if rows is None else rows
    sd = float(np.sqrt((theta**2).sum()))
    mean = family.mean((X @ beta)[:, None] + sd * z)
    slope = family.variance(mean)  # of the mean in the linear predictor, for a canonical link
    in_sd = float(part @ (slope @ (weights * z)))
    in_theta = in_sd * theta / sd if sd > 0 else np.zeros(len(theta))
    in_beta = (part * (slope @ weights)) @ X
    return float(part @ (mean @ weights)), np.concatenate([in_theta, in_beta])


def parameter_covariance(solution: Solution) -> Array:
    """(k + p, k + p) covariance of theta and beta: twice the inverse Hessian of the deviance. Zero for a theta at its
    limit, where the deviance does not tell its sign."""
    objective, k = generalised_extra(solution).objective, len(solution.theta)
    psi = np.concatenate([solution.theta, solution.beta])
    free = np.flatnonzero(np.concatenate([solution.theta != 0.0, np.ones(len(solution.beta), bool)]))
    steps = np.concatenate([np.full(k, STEP), STEP * np.sqrt(np.diag(solution.vcov))])
    hessian = np.empty((len(free), len(free)))
    for row, i in enumerate(free):
        shift = np.zeros(len(psi))
        shift[i] = steps[i]
        up, down = (objective.value_gradient(psi + s * shift)[1] for s in (1.0, -1.0))
        hessian[row] = (up - down)[free] / (2.0 * steps[i])
    hessian = (hessian + hessian.T) / 2.0
    if not np.isfinite(hessian).all() or np.linalg.eigvalsh(hessian)[0] <= 0:
        raise MethodError(
            "The deviance is flat at the estimate: averages over random effects have no standard error."
        )
    found = np.zeros((len(psi), len(psi)))
    found[np.ix_(free, free)] = 2.0 * np.linalg.inv(hessian)
    return found
