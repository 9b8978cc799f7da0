"""Limits for what the data do not hold: the outcome of a new team, of a new person, or a new measurement.

To the variance of the estimated mean come those of the random effects that a new level brings, its own and those of
the groups it lies in, and for a measurement that of the residual. Each variance V_i is an estimate on df nu_i (for a
group its levels minus the fixed columns that are constant within them); as if they erred together, the sum has df
(sum V_i)^2 / (sum V_i / sqrt(nu_i))^2. That is exact for least squares and for a new team of a balanced one-way layout,
and an approximation elsewhere: where a variance is estimated as zero, nothing makes up for it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import MethodError
from ..formula.design import ModelSpec
from ..model import Array, RandomTerm, Solution

MEAN, MEASUREMENT = "mean", "measurement"


def spread_of_new(
    solution: Solution, new_data: pd.DataFrame | None, of: str, rows: int
) -> list[tuple[Array, float]]:
    """Variances (rows,) with their df that come to that of the mean: none for "mean", those of a group and of the
    groups it lies in, or all with the residual for "measurement". Refuses outcomes that are not Gaussian."""
    if of == MEAN:
        return []
    design, groups = solution.design, list(dict.fromkeys(t.group for t in solution.design.random))
    if of not in (MEASUREMENT, *groups):
        raise MethodError(f"of is one of {', '.join([MEAN, *groups, MEASUREMENT])}, not {of!r}.")
    if solution.family != "gaussian":
        raise MethodError(
            f"Limits of a new {of} are for Gaussian outcomes; simulate() draws {solution.family} outcomes "
            "of new levels."
        )
    found = [
        (_of_term(solution, r, new_data), float(term.n_levels - _columns_between(solution, term)))
        for r, term in enumerate(design.random)
        if of == MEASUREMENT or _holds(term, next(t for t in design.random if t.group == of))
    ]
    return found if of != MEASUREMENT else [*found, _residual(solution, rows)]


def _holds(outer: RandomTerm, inner: RandomTerm) -> bool:
    """Whether every level of the inner group lies in one level of the outer."""
    first = np.zeros(inner.n_levels, dtype=np.intp)
    first[inner.codes] = outer.codes
    return bool((first[inner.codes] == outer.codes).all())


def _columns_between(solution: Solution, term: RandomTerm) -> int:
    """Fixed columns that are constant within every level of a group."""
    X = solution.design.X
    own = np.zeros((term.n_levels, X.shape[1]))
    own[term.codes] = X
    return int((np.abs(X - own[term.codes]).max(axis=0) == 0).sum())


def _of_term(solution: Solution, r: int, new_data: pd.DataFrame | None) -> Array:
    """(rows,) z'Gz"""
    Z = solution.design.random[r].Z
    if new_data is not None:
        spec: ModelSpec = solution.design.spec
        bar = spec.plan.random[r]
        Z = spec.random_matrix(bar, spec.environment(new_data, spec.columns_of(bar.left.variables)))
    return np.einsum("ij,jk,ik->i", Z, solution.covariance(r), Z)


def _residual(solution: Solution, rows: int) -> tuple[Array, float]:
    """The residual variance of a row of weight one."""
    if solution.extra.residual_variance is not None:
        raise MethodError(
            f"Every level of {solution.extra.residual_variance!r} has a residual variance of its own, so limits of a "
            "measurement are not offered; see variance_components()."
        )
    return np.full(rows, solution.sigma**2), float(solution.design.n - solution.design.X.shape[1])


def widen(columns: dict[str, Array], more: list[tuple[Array, float]], quantile: Array) -> None:
    """Limits of `columns` for what is new, in place; `quantile` (rows,) are those of t at `joint_df`."""
    spread = np.sqrt(columns["std_error"] ** 2 + sum((v for v, _ in more), start=np.zeros(1)))
    columns["conf_low"] = columns["estimate"] - quantile * spread
    columns["conf_high"] = columns["estimate"] + quantile * spread
    columns["std_error"] = spread


def joint_df(std_error: Array, df: Array, more: list[tuple[Array, float]]) -> Array:
    """(rows,) of the sum of the variance of the mean, on its df (rows,), and the others."""
    total, by_root = std_error**2, std_error**2 / np.sqrt(df)
    for variance, own in more:
        total, by_root = total + variance, by_root + variance / np.sqrt(max(own, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(by_root > 0, (total / by_root) ** 2, np.inf)
