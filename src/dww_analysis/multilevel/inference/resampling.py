"""Many responses on one design for the models without a fast path: one refit after the other.

Gaussian models have `refit.refit_many` and `bootstrap.bootstrap`, which reduce the design once; generalised models and
residual structures come through here and give the same records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import engines
from ..errors import DesignError, MultilevelError
from ..gaussian.profile import parameter_names, sd_and_correlations
from ..gaussian.refit import RefitMany
from ..model import Array, Solution
from .bootstrap import Bootstrap
from .distributions import two_sided_p

if TYPE_CHECKING:
    from ..options import Options


def refit_each(solution: Solution, options: Options, Y: Array, df: str, max_memory: float) -> RefitMany:
    """Refit every column of Y (n, r). A column that cannot be fitted has missing results and is not converged."""
    if Y.ndim != 2:
        raise DesignError(
            f"refit_many needs a matrix with one column a response; found {Y.ndim} dimension(s)."
        )
    r, p, k = Y.shape[1], len(solution.beta), len(solution.theta)
    estimate, std_error, den_df = (np.full((r, p), np.nan) for _ in range(3))
    theta, sigma, value = np.full((r, k), np.nan), np.full(r, np.nan), np.full(r, np.nan)
    converged, at_boundary = np.zeros(r, dtype=bool), np.zeros(r, dtype=bool)
    for i in range(r):
        try:
            found = engines.refit(solution, options, Y[:, i])
        except MultilevelError:
            continue  # recorded as missing and not converged
        inference = engines.build_inference(found, options, df, max_memory)
        estimate[i], std_error[i] = found.beta, np.sqrt(np.diag(inference.vcov))
        den_df[i] = inference.df(np.eye(p))
        theta[i], sigma[i], value[i] = found.theta, found.sigma, found.log_likelihood
        converged[i], at_boundary[i] = found.converged, bool(found.boundary)
    statistic = estimate / std_error
    p_value = two_sided_p(statistic, den_df)
    return RefitMany(
        solution.design.x_names, df, estimate, std_error, den_df, statistic, p_value, theta, sigma, value, converged,
        at_boundary,
    )  # fmt: skip


def bootstrap_each(solution: Solution, options: Options, n: int, rng: np.random.Generator) -> Bootstrap:
    """Parametric bootstrap by refitting; draws that could not be fitted are missing."""
    if n < 1:
        raise DesignError(f"A bootstrap needs at least one draw; found n = {n}.")
    refits = refit_each(solution, options, engines.simulate(solution, options, n, rng), "normal", np.inf)
    design = solution.design
    pairs = zip(refits.theta, refits.sigma, strict=True)
    variances = np.array([sd_and_correlations(design, theta, sigma) for theta, sigma in pairs])
    own = np.append(sd_and_correlations(design, solution.theta, solution.sigma), solution.beta)
    draws = np.column_stack([variances, refits.estimate])
    keep = np.ones(len(own), dtype=bool)
    keep[variances.shape[1] - 1] = solution.family == "gaussian"  # other families have no residual SD
    names = tuple(name for name, k in zip(parameter_names(design), keep, strict=True) if k)
    return Bootstrap(names, own[keep], draws[:, keep], refits.converged, refits.at_boundary)
