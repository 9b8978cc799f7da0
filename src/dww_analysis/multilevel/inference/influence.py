"""Influence of a group: what the fit becomes when one of its levels is left out.

Every level is really left out and the model refitted from the estimates at hand (no one-step approximation), so the
changes include those of the variance components.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DesignError
from ..formula import checks
from ..formula.design import ModelSpec
from ..model import Array, Design, Label, RandomTerm, Solution, ZeroPart, label_text


def leave_one_out(solution: Solution, solve_again: Callable[[Design], Solution], group: str) -> pd.DataFrame:
    """One row per level of `group` (a column or "a:b") and fixed effect; `solve_again` fits the model to fewer rows.

    Columns: group, level, n_left_out, term, estimate (without the level), change (without minus with), change_in_se
    (change divided by the standard error without the level), cooks_distance (change' V^-1 change / p),
    converged, status ("refitted", or why the rest cannot carry the model; the numbers are then missing).
    """
    if not isinstance(group, str):
        raise DesignError(f"influence takes one group by name, such as 'team' or 'team:wave', not {group!r}.")
    design = solution.design
    spec: ModelSpec = design.spec
    factor = spec.group_factor(group)
    if len(factor.levels) < 2:
        raise DesignError(
            f"{group} has one level only; leaving it out leaves nothing. Name a group with several."
        )
    tables = []
    for code, level in enumerate(factor.levels):
        rows = np.flatnonzero(factor.codes != code)
        try:
            without: Solution | None = _without(solution, solve_again, rows)
            status = "refitted"
        except DesignError as error:
            without, status = None, str(error)
        tables.append(_rows(solution, without, status, group, level, design.n - len(rows)))
    return pd.concat(tables, ignore_index=True)


def _rows(
    full: Solution, without: Solution | None, status: str, group: str, level: Label, left_out: int
) -> pd.DataFrame:
    p = len(full.beta)
    nothing = np.full(p, np.nan)
    beta = without.beta if without is not None else nothing
    se = np.sqrt(np.diag(without.vcov)) if without is not None else nothing
    change = beta - full.beta
    distance = float(change @ np.linalg.solve(full.vcov, change)) / p
    return pd.DataFrame(
        {
            "group": group,
            "level": label_text(level),
            "n_left_out": left_out,
            "term": list(full.design.x_names),
            "estimate": beta,
            "change": change,
            "change_in_se": change / se,
            "cooks_distance": distance,
            "converged": without.converged if without is not None else False,
            "status": status,
        }
    )


def _without(
    solution: Solution, solve_again: Callable[[Design], Solution], rows: NDArray[np.intp]
) -> Solution:
    design = subset(solution.design, rows)
    informed = slice(design.n_thresholds, None)
    checks.check_full_rank(design.X[:, informed], design.x_names[informed])
    checks.check_random(design, solution.family)
    if design.zero is not None:
        checks.check_full_rank(design.zero.X, design.zero.names)
        checks.check_random(replace(design, random=design.zero.random), solution.family)
    return solve_again(design)


def subset(design: Design, rows: NDArray[np.intp]) -> Design:
    """The design over some of its rows; levels that no longer occur are dropped."""
    zero = design.zero
    return replace(
        design,
        y=design.y[rows],
        X=design.X[rows],
        random=tuple(_subset_term(term, rows) for term in design.random),
        weights=design.weights[rows],
        offset=design.offset[rows],
        frame=design.frame.iloc[rows],
        zero=None if zero is None else _subset_zeros(zero, rows),
    )


def _subset_zeros(zero: ZeroPart, rows: NDArray[np.intp]) -> ZeroPart:
    random = tuple(_subset_term(term, rows) for term in zero.random)
    return replace(zero, X=zero.X[rows], offset=zero.offset[rows], random=random)


def _subset_term(term: RandomTerm, rows: NDArray[np.intp]) -> RandomTerm:
    used, codes = np.unique(term.codes[rows], return_inverse=True)
    Z: Array = term.Z[rows]
    return replace(term, Z=Z, codes=codes.astype(np.intp), levels=tuple(term.levels[i] for i in used))
