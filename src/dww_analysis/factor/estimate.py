"""The search for the maximum of a likelihood: scoring with the expected information, then Newton steps to finish.

Steps that do not raise the log-likelihood are damped (Levenberg 1944). Where the information is nearly singular on the
way, such as for a factor of factors with a weak first one, scoring creeps; a quasi-Newton search by the gradient alone
(BFGS) then finds the way, and scoring finishes. The record of the search travels with the fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from dww_analysis.factor.likelihood import Likelihood

Array = NDArray[Any]
MAX_STEPS = 300
DECREMENT = 1e-11  # expected gain in log-likelihood of one more step
NEWTON_FROM = 0.5  # below this expected gain the observed information takes over
GRADIENT_STEPS = 2000
IMPOSSIBLE = 1e12  # minus log-likelihood where an implied covariance is not positive definite
SLACK = 1e-9  # a loss of log-likelihood that cannot be told from rounding, per unit of |logl| / 1e4


@dataclass(frozen=True)
class Search:
    """How the maximum was found."""

    theta: Array
    log_likelihood: float
    converged: bool
    n_steps: int
    largest_gradient: float  # of the log-likelihood per observation, in theta
    expected_gain: float  # of one more step
    observed_information: Array | None = None  # at theta, where the last step was a Newton step


def maximise(likelihood: Likelihood, theta: Array, max_steps: int | None = None) -> Search:
    """Theta (n_theta,) at the maximum of the log-likelihood, from a start where it is finite. A search that does not
    converge is done again from where the gradient leads; the Search says how it ended, nothing is raised."""
    max_steps = MAX_STEPS if max_steps is None else max_steps
    found = scoring(likelihood, theta, max_steps)
    if found.converged:
        return found
    other = scoring(likelihood, by_gradient(likelihood, theta), max_steps)
    other = replace(other, n_steps=found.n_steps + other.n_steps)
    return other if other.converged or other.log_likelihood > found.log_likelihood else found


def by_gradient(likelihood: Likelihood, theta: Array) -> Array:
    """Theta after a BFGS search, in units of the standard errors that the start implies."""
    from scipy.optimize import minimize

    diagonal = np.diag(likelihood.information(likelihood.states(theta), True))
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))

    def minus(x: Array) -> tuple[float, Array]:
        _, value, gradient = _at(likelihood, x * scale)
        if not np.isfinite(value):
            return IMPOSSIBLE, np.zeros_like(x)
        return -value, -gradient * scale

    options = {"maxiter": GRADIENT_STEPS, "gtol": 1e-6}
    return np.asarray(minimize(minus, theta / scale, jac=True, method="BFGS", options=options).x) * scale


def scoring(likelihood: Likelihood, theta: Array, max_steps: int) -> Search:
    """The search by scoring and Newton steps from theta (n_theta,); `converged` False after `max_steps`, or where no
    step goes up. LinAlgError for a start outside the parameter space."""
    states = likelihood.states(theta)
    value, gradient = likelihood.gradient(states)
    ridge, gain, newton = 0.0, np.inf, False
    slack = SLACK * max(1.0, abs(value) / 1e4)
    for n_steps in range(max_steps):
        step, gain, information = _step(likelihood, states, gradient, newton, ridge)
        if gain < DECREMENT and (newton or gain < DECREMENT / 100):
            return Search(theta, value, True, n_steps, _largest(gradient), gain, information)
        newton = gain < NEWTON_FROM
        proposal = theta + step
        new_states, reached, new_gradient = _at(likelihood, proposal)
        if reached >= value - slack:
            theta, states, value, gradient = proposal, new_states, reached, new_gradient
            ridge = ridge / 10 if ridge > 1e-4 else 0.0
        else:
            newton = False
            ridge = max(ridge * 8, 1e-2)
            if ridge > 1e9:
                break
    return Search(theta, value, False, max_steps, _largest(gradient), gain)


def _at(likelihood: Likelihood, theta: Array) -> tuple[list[object], float, Array]:
    """States, value and gradient; minus infinity where an implied covariance is not positive definite."""
    try:
        states = likelihood.states(theta)
    except np.linalg.LinAlgError:
        return [], -np.inf, np.zeros_like(theta)
    return states, *likelihood.gradient(states)


def _largest(gradient: Array) -> float:
    return float(np.abs(gradient).max()) if len(gradient) else 0.0


def _step(
    likelihood: Likelihood, states: list[object], gradient: Array, newton: bool, ridge: float
) -> tuple[Array, float, Array | None]:
    """The next step, the gain it promises and the observed information behind it.

    An observed information that is not positive definite is not used; the expected one takes its place.
    """
    if len(gradient) == 0:
        return gradient, 0.0, None
    for expected in (False, True) if newton else (True,):
        info = likelihood.information(states, expected)
        diagonal = np.diag(info).copy()
        scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        scaled = info * np.outer(scale, scale) + ridge * np.eye(len(info))
        try:
            factor = cho_factor(scaled, lower=True, check_finite=False)
        except np.linalg.LinAlgError:
            continue
        step = cho_solve(factor, gradient * scale, check_finite=False) * scale
        return step, float(gradient @ step) / 2, None if expected else info
    values, vectors = np.linalg.eigh(scaled)
    keep = values > 1e-10 * values[-1]
    along = vectors[:, keep].T @ (gradient * scale)
    step = (vectors[:, keep] @ (along / values[keep])) * scale
    return step, float((along**2 / values[keep]).sum()) / 2, None
