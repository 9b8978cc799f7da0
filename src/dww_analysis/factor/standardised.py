"""The standardised solution with standard errors of its own, by the delta method.

A standardised loading is a function of several parameters, so its error is not that of the loading in other
units. Derivatives are central differences in steps of a small part of each parameter's standard error, whatever its
unit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor import ram
from dww_analysis.factor.definitions import defined_rows
from dww_analysis.factor.distributions import Z_95, two_sided
from dww_analysis.factor.model import Model
from dww_analysis.factor.ordinal import fill_residuals
from dww_analysis.factor.parameters import standardised

Array = NDArray[Any]
FactorFit = Any  # of `result`, whose `standardised` leads here
STEP = 1e-4  # of a standard error
NOTHING = 1e-9  # standard error below which a number is known, as the 1 of a standardised variance


def standardised_solution(fit: FactorFit) -> pd.DataFrame:
    """A row for each row of `parameters`: lhs, op, rhs, group, level, label, standardised (all variables), std_error,
    z, p_value, conf_low, conf_high (95 %). NaN without a solution or its covariance. R: standardizedSolution."""
    model, all_values = _source(fit)

    def at(theta: Array) -> Array:
        values = all_values(theta)
        std_all, std_lv = standardised(
            model, values, [ram.implied(b.paths, values[b.rows]) for b in model.blocks]
        )
        more = defined_rows(model, values, np.zeros((model.n_theta,) * 2), std_all, std_lv)
        return std_all if more is None else np.concatenate([std_all, more["standardised"].to_numpy(float)])

    estimate, slopes = at(fit.theta), _slopes(at, fit.theta, fit.covariance)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(np.einsum("ij,jk,ik->i", slopes, fit.covariance, slopes))
        se = np.where(se < NOTHING, 0.0, se)
        z = np.where(se > 0, estimate / se, np.nan)
    names = fit.parameters[["lhs", "op", "rhs", "group", "level", "label"]]
    return names.assign(
        standardised=estimate,
        std_error=se,
        z=z,
        p_value=two_sided(z),
        conf_low=estimate - Z_95 * se,
        conf_high=estimate + Z_95 * se,
    )


def _source(fit: FactorFit) -> tuple[Model, Callable[[Array], Array]]:
    """The compiled model, and what gives a value for each row of its table from theta."""
    if fit._wls is not None:
        found = fit._wls
        return found.model, lambda theta: fill_residuals(found.model, found.groups, found.model.values(theta))
    found = fit._fitted or fit._two_level
    return found.model, found.model.values


def _slopes(at: Callable[[Array], Array], theta: Array, covariance: Array) -> Array:
    """(rows, n_theta) derivatives of the standardised solution."""
    found = []
    for k, error in enumerate(np.sqrt(np.diag(covariance))):
        move = np.zeros(len(theta))
        move[k] = STEP * error
        found.append(
            (at(theta + move) - at(theta - move)) / (2 * move[k]) if error > 0 else move[k] * at(theta)
        )
    return np.array(found).T.reshape(-1, len(theta))
