"""Many responses on one design for the engines without a fast path: one refit after the other.

Gaussian models have `refit.refit_many` and `bootstrap.bootstrap`, which reduce the design once; the other engines
inherit from `Resampled` and give the same records.
"""

from __future__ import annotations

import numpy as np

from ..engine import Engine
from ..errors import DesignError, MultilevelError
from ..formula.checks import check_new_response
from ..gaussian.profile import parameter_names, sd_and_correlations
from ..gaussian.refit import RefitMany
from ..model import Array, Solution
from ..options import Options
from ..shapes import searched_shapes, shown_shapes
from .bootstrap import Bootstrap
from .distributions import two_sided_p


class Resampled:
    """The part of an engine that fits many responses by refitting each."""

    def refit_many(
        self: Engine, solution: Solution, options: Options, Y: Array, df: str, max_memory: float
    ) -> RefitMany:
        return refit_each(self, solution, options, Y, df, max_memory)

    def bootstrap(
        self: Engine, solution: Solution, options: Options, n: int, rng: np.random.Generator
    ) -> Bootstrap:
        return bootstrap_each(self, solution, options, n, rng)


def refit_each(
    engine: Engine, solution: Solution, options: Options, Y: Array, df: str, max_memory: float
) -> RefitMany:
    """Refit every column of Y (n, r). A column that cannot be fitted has missing results and is not converged."""
    if Y.ndim != 2:
        raise DesignError(
            f"refit_many needs a matrix with one column a response; found {Y.ndim} dimension(s)."
        )
    r, p, k = Y.shape[1], len(solution.beta), len(solution.theta)
    estimate, std_error, den_df = (np.full((r, p), np.nan) for _ in range(3))
    theta, sigma, value = np.full((r, k), np.nan), np.full(r, np.nan), np.full(r, np.nan)
    converged, at_boundary = np.zeros(r, dtype=bool), np.zeros(r, dtype=bool)
    shapes = np.full((r, len(searched_shapes(solution))), np.nan)
    for i in range(r):
        try:
            found = engine.refit(
                solution, options, check_new_response(solution.design, Y[:, i], solution.family)
            )
        except MultilevelError:
            continue  # recorded as missing and not converged
        inference = engine.inferences[df](found, max_memory)
        estimate[i], std_error[i] = found.beta, np.sqrt(np.diag(inference.vcov))
        den_df[i] = inference.df(np.eye(p))
        theta[i], sigma[i], value[i] = found.theta, found.sigma, found.log_likelihood
        converged[i], at_boundary[i] = found.converged, bool(found.boundary)
        shapes[i] = searched_shapes(found)
    statistic = estimate / std_error
    p_value = two_sided_p(statistic, den_df)
    return RefitMany(
        solution.design.x_names, df, estimate, std_error, den_df, statistic, p_value, theta, sigma, value, converged,
        at_boundary, shapes=shapes,
    )  # fmt: skip


def bootstrap_each(
    engine: Engine, solution: Solution, options: Options, n: int, rng: np.random.Generator
) -> Bootstrap:
    """Parametric bootstrap by refitting, a row a draw; draws that could not be fitted are NaN. DesignError for fewer
    than one."""
    if n < 1:
        raise DesignError(f"A bootstrap needs at least one draw; found n = {n}.")
    refits = refit_each(engine, solution, options, engine.simulate(solution, n, rng), "normal", np.inf)
    design = solution.design
    pairs = zip(refits.theta, refits.sigma, strict=True)
    variances = np.array([sd_and_correlations(design, theta, sigma) for theta, sigma in pairs])
    own = sd_and_correlations(design, solution.theta, solution.sigma)
    if solution.family != "gaussian":  # no residual SD; in its place what the family has besides its mean
        own = np.append(own[:-1], _shown(solution, searched_shapes(solution)))
        variances = np.column_stack([variances[:, :-1], _shown(solution, refits.shapes)])
    return Bootstrap(
        parameter_names(design, solution.family),
        np.append(own, solution.beta),
        np.column_stack([variances, refits.estimate]),
        refits.converged,
        refits.at_boundary,
    )


def _shown(solution: Solution, shapes: Array | None) -> Array:
    """Parameters of the distribution as they are named, from those that are searched."""
    assert shapes is not None
    return shown_shapes(solution, shapes)
