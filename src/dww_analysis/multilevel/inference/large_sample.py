"""Variances of a large Gaussian fit without refits: the logarithms of their estimates are normal.

Their covariance is that of restricted maximum likelihood, twice the inverse of tr(P V_r P V_s) (Searle, Casella &
McCulloch 1992, Variance Components, section 6.6), brought to logarithms by the delta method. One evaluation of the
likelihood gives it, where a profile takes hundreds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..gaussian.extra import GaussianExtra
from ..gaussian.linear import expected_information
from ..gaussian.profile import normal_quantile, parameter_names, sd_and_correlations
from ..model import Array, Solution
from .distributions import check_conf_level
from .kenward_roger import parameter_covariance

NEAR_ZERO = 0.1  # standard error of the logarithm of a variance above which that is not taken for normal


def log_variances(solution: Solution) -> tuple[tuple[str, ...], Array, Array] | None:
    """Names (m,) as in `profile`, logarithms of the variances (m,), sigma's last, and their covariance (m, m).

    A variance of zero has infinite entries. None for fits that are not REML or have a residual structure, and with
    terms of several columns.
    """
    extra, design = solution.extra, solution.design
    scalar = all(len(term.names) == 1 for term in design.random)
    if not isinstance(extra, GaussianExtra) or solution.method != "REML" or not scalar:
        return None
    expansion = extra.expansion.sharp()
    relative = np.append(expansion.covariance_entries, 1.0)  # of the residual variance, scaled columns
    spreads = sd_and_correlations(design, solution.theta, solution.sigma)
    W = parameter_covariance(expected_information(expansion))
    zero = (relative <= 0) | (spreads <= 0)
    units = np.where(zero, 1.0, relative)
    covariance = np.where(zero[:, None] | zero, np.inf, W / np.outer(units, units))
    logs = np.where(zero, -np.inf, 2 * np.log(np.where(zero, 1.0, spreads)))
    return parameter_names(design)[: len(spreads)], logs, covariance


def limits(solution: Solution, conf_level: float) -> pd.DataFrame:
    """Limits of the standard deviations that are not near zero: columns term, estimate, conf_low, conf_high. No rows
    where `log_variances` has none."""
    check_conf_level(conf_level)
    found = log_variances(solution)
    if found is None:
        return pd.DataFrame(columns=["term", "estimate", "conf_low", "conf_high"])
    names, logs, covariance = found
    far = _normal(covariance)
    reach = normal_quantile(conf_level) * np.sqrt(np.diag(covariance)[far])
    low, at, high = (np.exp((logs[far] + side * reach) / 2) for side in (-1, 0, 1))
    return pd.DataFrame({"term": np.array(names)[far], "estimate": at, "conf_low": low, "conf_high": high})


def _normal(covariance: Array) -> NDArray[np.bool_]:
    """(m,) whether the logarithm of a variance is taken for normal."""
    return np.diag(covariance) < NEAR_ZERO**2
