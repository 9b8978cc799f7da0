"""Estimates as a table: standard errors, standardised solutions, and variances that came out impossible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor.definitions import defined_rows
from dww_analysis.factor.distributions import Z_95, two_sided
from dww_analysis.factor.model import Model
from dww_analysis.factor.ram import Implied

Array = NDArray[Any]


def parameter_frame(model: Model, values: Array, covariance: Array, at: list[Implied]) -> pd.DataFrame:
    """One row a parameter: lhs, op, rhs, group, level, label, free, estimate, std_error, z, p_value, conf_low,
    conf_high, standardised (all variables), standardised_lv (factors only). Fixed ones have standard error zero.
    """
    variance = np.append(np.diag(covariance), 0.0) if len(covariance) else np.zeros(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(variance[model.theta_of_row])
        z = np.where(se > 0, values / se, np.nan)
    std_all, std_lv = standardised(model, values, at)
    frame = pd.DataFrame(
        {
            "lhs": [r.lhs for r in model.rows],
            "op": [r.op for r in model.rows],
            "rhs": [r.rhs for r in model.rows],
            "group": [r.group for r in model.rows],
            "level": [r.level for r in model.rows],
            "label": ["" if r.label.startswith(".") else r.label for r in model.rows],
            "free": model.theta_of_row >= 0,
            "estimate": values,
            "std_error": se,
            "z": z,
            "p_value": two_sided(z),
            "conf_low": values - Z_95 * se,
            "conf_high": values + Z_95 * se,
            "standardised": std_all,
            "standardised_lv": std_lv,
        }
    )
    more = defined_rows(model, values, covariance, std_all, std_lv)
    return frame if more is None else pd.concat([frame, more], ignore_index=True)


def standardised(model: Model, values: Array, at: list[Implied]) -> tuple[Array, Array]:
    """(rows,) twice: the solution in which all variables, and that in which only the factors have variance one.
    values: one for each row of the parameter table; at: implied moments of each block. NaN where a variance is
    negative."""
    std_all, std_lv = values.copy(), values.copy()
    own = {
        (r.group, r.level, r.lhs): values[k]
        for k, r in enumerate(model.rows)
        if r.op == "~~" and r.lhs == r.rhs
    }
    for block, moments in zip(model.blocks, at, strict=True):
        variance = np.diag(moments.C)
        sd = dict(zip(block.variables, np.sqrt(np.where(variance > 0, variance, np.nan)), strict=True))
        for k in block.rows:
            row = model.rows[k]
            of_factor = {
                name: sd[name] if name in block.factors else 1.0 for name in (row.lhs, row.rhs) if name
            }
            if row.op == "=~":
                std_all[k] *= sd[row.lhs] / sd[row.rhs]
                std_lv[k] *= sd[row.lhs] / of_factor[row.rhs]
            elif row.op == "~":
                std_all[k] *= sd[row.rhs] / sd[row.lhs]
                std_lv[k] *= of_factor[row.rhs] / of_factor[row.lhs]
            elif row.op == "~1":
                std_all[k] /= sd[row.lhs]
                std_lv[k] /= of_factor[row.lhs]
            else:
                std_all[k], std_lv[k] = _covariance(
                    row.lhs, row.rhs, values[k], own, (block.group, block.level), sd, block.factors
                )
    for k, row in enumerate(model.rows):
        if row.op == "~*~":
            std_all[k] = 1.0
        if row.op == "|":
            block, moments = next(
                (b, m)
                for b, m in zip(model.blocks, at, strict=True)
                if (b.group, b.level) == (row.group, row.level)
            )
            std_all[k] /= np.sqrt(moments.C[block.observed.index(row.lhs), block.observed.index(row.lhs)])
    return std_all, std_lv


def _covariance(
    lhs: str,
    rhs: str,
    value: float,
    own: dict[tuple[int, int, str], float],
    where: tuple[int, int],
    sd: dict[str, float],
    factors: tuple[str, ...],
) -> tuple[float, float]:
    """A variance as a share of the total; a covariance as a correlation of residuals or of factors. NaN where there is
    no variance to divide by."""
    if lhs == rhs:
        return value / sd[lhs] ** 2, value / sd[lhs] ** 2 if lhs in factors else value
    first, second = (
        np.sqrt(own[(*where, name)]) if own[(*where, name)] > 0 else np.nan for name in (lhs, rhs)
    )
    in_lv = (first if lhs in factors else 1.0) * (second if rhs in factors else 1.0)
    return float(value / (first * second)), float(value / in_lv)


def heywood_cases(model: Model, values: Array) -> tuple[str, ...]:
    """Names of freely estimated variances that are negative, with group and level; () where there are none. values:
    one for each row of the parameter table."""
    found = []
    for k, row in enumerate(model.rows):
        if row.op == "~~" and row.lhs == row.rhs and model.theta_of_row[k] >= 0 and values[k] < 0:
            where = f" (group {row.group})" if model.table.n_groups > 1 else ""
            found.append(f"{row.lhs}{where}" + (" (between)" if row.level == 2 else ""))
    return tuple(found)
