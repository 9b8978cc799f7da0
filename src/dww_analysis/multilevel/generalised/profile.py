"""Profile-likelihood intervals of generalised fits, on the scale of standard deviations, correlations and coefficients.

As `profile` does for Gaussian fits: one parameter is held, the deviance (Laplace or quadrature) is minimised over all
others, and a limit is where the signed root of its rise reaches the normal quantile.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import null_space

from ..gaussian.coordinates import Coordinates
from ..gaussian.derivatives import entries
from ..gaussian.minima import Deviance, Objective, between_spreads, minimise
from ..gaussian.profile import (
    LIFT,
    LOST_SPREAD,
    Path,
    Profiler,
    correlation_path,
    normal_quantile,
    parameter_names,
    spread_path,
)
from ..model import Array, Solution
from ..shapes import shown_shapes
from .laplace import ModeSearchError
from .solve import generalised_extra

FAR = 1e10  # a deviance for parameters at which no mode can be found
JITTER = 1e-12
GRADIENT = 1e-4  # at which a minimisation ends


class GeneralisedProfiler(Profiler):
    """Profiles over (theta, beta) of one fit, a parameter of the distribution behind theta as in the search.
    Coefficients move in units of their standard errors.

    R: confint(fit, method = "profile").
    """

    def __init__(self, solution: Solution, conf_level: float) -> None:
        self.objective = generalised_extra(solution).objective
        self.quantile, self.solution = normal_quantile(conf_level), solution
        self.sizes = tuple(len(term.names) for term in solution.design.random)
        self.theta, self.beta = np.concatenate([solution.theta, solution.extra.shapes]), solution.beta
        self.n_sd = len(solution.theta)
        self.roots = self.objective.family.shapes_are_roots
        self.root: Array = np.asarray(np.linalg.cholesky(solution.vcov), dtype=np.float64)
        self.k = len(self.theta)
        self.best = self.objective.value_gradient(np.concatenate([self.theta, self.beta]))[0]

    @property
    def names(self) -> tuple[str, ...]:
        return parameter_names(self.solution.design, self.solution.family)

    def _path(self, index: int) -> Path:
        if index < self.n_sd:
            return self._sd_path(index)
        if index >= self.k:
            return self._beta_path(index - self.k)
        return self._shape_path() if self.roots else self._zero_path(index - self.n_sd)

    def _of_data(self, index: int) -> bool:
        return True

    def _shown(self, index: int, value: float) -> float:
        if self.n_sd <= index < self.k and self.roots:
            return float(shown_shapes(self.solution, np.array(value)))
        return value

    def _value(self, theta: Array, beta: Array) -> tuple[float, Array]:
        try:
            return self.objective.value_gradient(np.concatenate([theta, beta]))
        except (ModeSearchError, FloatingPointError, np.linalg.LinAlgError):
            return FAR, np.zeros(len(theta) + len(beta))

    # ---- coefficients
    def _beta_path(self, j: int) -> Path:
        """Holding beta_j; the others move along the columns of a root of their covariance given beta_j."""
        others = [i for i in range(len(self.beta)) if i != j]
        V = self.solution.vcov
        given = V[np.ix_(others, others)] - np.outer(V[others, j], V[j, others]) / V[j, j]
        root = np.linalg.cholesky(given) if others else np.zeros((0, 0))
        slope = V[others, j] / V[j, j]

        def deviance(value: float, state: Array | None) -> tuple[float, Array]:
            start = np.concatenate([self.theta, np.zeros(len(others))]) if state is None else state
            start[: self.k] = self._lifted(start[: self.k])

            def objective(x: Array) -> tuple[float, Array]:
                beta = np.empty(len(self.beta))
                beta[j] = value
                beta[others] = self.beta[others] + slope * (value - self.beta[j]) + root @ x[self.k :]
                found, gradient = self._value(x[: self.k], beta)
                return found, np.concatenate([gradient[: self.k], root.T @ gradient[self.k :][others]])

            return minimise(objective, start, GRADIENT)

        return Path(float(self.beta[j]), -np.inf, np.inf, float(np.sqrt(V[j, j])), deviance)

    def _lifted(self, theta: Array) -> Array:
        """theta to start from; at a variance of zero the gradient vanishes whatever is true."""
        pivots = [i == j for _, i, j in self._places()] + [self.roots] * (self.k - self.n_sd)
        return np.where(pivots[: len(theta)], np.maximum(np.abs(theta), LIFT), theta)

    # ---- the parameter of the distribution
    def _shape_path(self) -> Path:
        """Holding it; variances and coefficients are free."""

        def deviance(value: float, state: Array | None) -> tuple[float, Array]:
            start = (
                np.concatenate([self.theta[: self.n_sd], np.zeros(len(self.beta))])
                if state is None
                else state
            )
            start[: self.n_sd] = self._lifted(start[: self.n_sd])

            def objective(x: Array) -> tuple[float, Array]:
                theta, beta = np.append(x[: self.n_sd], value), self.beta + self.root @ x[self.n_sd :]
                found, gradient = self._value(theta, beta)
                return found, np.concatenate([gradient[: self.n_sd], self.root.T @ gradient[self.k :]])

            return minimise(objective, start, GRADIENT)

        return spread_path(float(self.theta[self.n_sd]), deviance)

    def _zero_path(self, j: int) -> Path:
        """Holding a coefficient of extra zeros; the others move in the directions that leave it as it is."""
        zero, extra = self.solution.design.zero, self.solution.extra
        assert zero is not None
        row, s = zero.turn[j], len(extra.shapes)
        along, aside = row / (row @ row), np.asarray(null_space(row[None, :]), dtype=np.float64)
        best = float(row @ extra.shapes)

        def deviance(value: float, state: Array | None) -> tuple[float, Array]:
            free = self.n_sd + s - 1
            start = np.zeros(free + len(self.beta)) if state is None else state
            start[: self.n_sd] = self._lifted(
                self.theta[: self.n_sd] if state is None else start[: self.n_sd]
            )

            def objective(x: Array) -> tuple[float, Array]:
                delta = extra.shapes + along * (value - best) + aside @ x[self.n_sd : free]
                found, gradient = self._value(
                    np.concatenate([x[: self.n_sd], delta]), self.beta + self.root @ x[free:]
                )
                of_delta = aside.T @ gradient[self.n_sd : self.k]
                return found, np.concatenate(
                    [gradient[: self.n_sd], of_delta, self.root.T @ gradient[self.k :]]
                )

            return minimise(objective, start, GRADIENT)

        spread = float(np.sqrt(row @ extra.shapes_cov[:, :s] @ row))
        return Path(best, -np.inf, np.inf, spread, deviance)

    # ---- standard deviations and correlations
    def _sd_path(self, index: int) -> Path:
        place = self._places()[index]
        layout = Coordinates(self.sizes, place)
        start = layout.read([self.solution.factor(r) for r in range(len(self.sizes))], 1.0)[:-1]
        is_sd = layout.is_sd[:-1]
        m, shapes = len(start), self.theta[self.n_sd :]
        s = m + len(shapes)

        def theta_of(value: float, free: Array) -> Array:
            covariances, _ = layout.write(value, np.append(free, 1.0))
            return np.concatenate([_lower_triangle(S) for S in covariances])

        begin = np.concatenate([start, shapes, np.zeros(len(self.beta))])
        ties = np.concatenate([layout.is_tie[:-1], np.zeros(len(begin) - m, dtype=bool)])

        def objective(value: float) -> Objective:
            def at(x: Array) -> tuple[float, Array]:
                theta = np.concatenate([theta_of(value, x[:m]), x[m:s]])
                found, gradient = self._value(theta, self.beta + self.root @ x[s:])
                jacobian = _jacobian(lambda free: theta_of(value, free), x[:m])
                return found, np.concatenate(
                    [
                        jacobian.T @ gradient[: self.n_sd],
                        gradient[self.n_sd : self.k],
                        self.root.T @ gradient[self.k :],
                    ]
                )

            return at

        def search(of: Objective, x: Array) -> tuple[float, Array]:
            x0 = x.copy()
            x0[:m] = np.where(is_sd, np.maximum(np.abs(x0[:m]), LIFT), x0[:m])
            if self.roots:
                x0[m:s] = np.maximum(np.abs(x0[m:s]), LIFT)
            return minimise(of, x0, GRADIENT, ties)

        if place[1] != place[2]:
            return self._sd_range(place, between_spreads(search, objective, begin, layout.pair, LOST_SPREAD))

        def deviance(value: float, state: Array | None) -> tuple[float, Array]:
            return search(objective(value), begin if state is None else state)

        return self._sd_range(place, deviance)

    def _sd_range(self, place: tuple[int, int, int], deviance: Deviance) -> Path:
        term, i, j = place
        cov = self.solution.covariance(term)
        if i == j:
            return spread_path(float(np.sqrt(cov[i, i])), deviance)
        bottom = float(np.sqrt(cov[i, i] * cov[j, j]))
        return correlation_path(float(cov[i, j]) / bottom if bottom > 0 else 0.0, deviance)


def _lower_triangle(covariance: Array) -> Array:
    """Entries of a Cholesky factor, column by column; a singular covariance is moved by a hair."""
    q = len(covariance)
    if q == 1:
        return np.sqrt(np.maximum(covariance[0], 0.0))
    factor = np.linalg.cholesky(covariance + JITTER * max(float(np.trace(covariance)), 1e-8) * np.eye(q))
    return np.array([factor[i, j] for i, j in entries(q)])


def _jacobian(function: Callable[[Array], Array], x: Array) -> Array:
    """(outputs, inputs) central differences of a small smooth map."""
    columns = []
    for t in range(len(x)):
        h = np.zeros(len(x))
        h[t] = 1e-6 * max(1.0, abs(x[t]))
        columns.append((function(x + h) - function(x - h)) / (2 * h[t]))
    return np.array(columns).T if columns else np.zeros((len(function(x)), 0))
