"""The same design with other responses: one solution, or arrays over many of them.

Everything that depends on X and Z alone is reduced once; a new response costs one pass over the rows and a
short search from the estimates at hand. Models whose random terms have one column each are searched many responses
side by side (`batch_search`), by compiled loops where numba is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DesignError, FormulaError
from ..inference.distributions import two_sided_p
from ..inference.plain import BetweenWithin, Normal
from ..model import Array, Inference, Solution
from .blup import criterion_of
from .kenward_roger import KenwardRoger
from .refit_blocks import Task, one_by_one, refit_blocks
from .satterthwaite import Satterthwaite
from .search import search
from .sharpen import sharpened
from .solve import assemble

METHODS: dict[str, Callable[[Solution], Inference]] = {
    "kenward-roger": KenwardRoger,
    "satterthwaite": Satterthwaite,
    "between-within": BetweenWithin,
    "normal": Normal,
}


SIDE_BY_SIDE = ("kenward-roger", "between-within", "normal")


@dataclass(frozen=True, eq=False, repr=False)
class RefitMany:
    """Results of r refits; rows follow the columns of Y, columns the fixed effects or the contrasts asked for."""

    terms: tuple[str, ...]  # (m,)
    df_method: str
    estimate: Array  # (r, m)
    std_error: Array  # (r, m)
    df: Array  # (r, m)
    statistic: Array  # (r, m)
    p_value: Array  # (r, m)
    theta: Array  # (r, k)
    sigma: Array  # (r,)
    log_likelihood: Array  # (r,)
    converged: np.ndarray  # (r,) bool
    at_boundary: np.ndarray  # (r,) bool
    searched_in_full: np.ndarray | None = (
        None  # (r,) bool: the search side by side did not settle; None: not used
    )
    shapes: Array | None = None  # (r, s) parameters of the distribution besides its mean
    unadjusted: Array | None = None  # (r, m) standard errors before any adjustment for small samples

    @property
    def n_full_searches(self) -> int:
        """Responses that needed the general search, one by one."""
        full = self.searched_in_full
        return len(self.sigma) if full is None else int(full.sum())

    def term(self, name: str) -> pd.DataFrame:
        """One row a refit for one fixed effect: estimate, std_error, df, statistic, p_value, converged, at_boundary."""
        if name not in self.terms:
            raise FormulaError(
                f"{name!r} is not a fixed effect or contrast of these refits; there are {', '.join(self.terms)}."
            )
        k = self.terms.index(name)
        tests = ("estimate", "std_error", "df", "statistic", "p_value")
        columns = {part: getattr(self, part)[:, k] for part in tests}
        return pd.DataFrame({**columns, "converged": self.converged, "at_boundary": self.at_boundary})

    def __repr__(self) -> str:
        return (
            f"<RefitMany: {len(self.sigma)} responses, {int(self.converged.sum())} converged, "
            f"{self.n_full_searches} searched in full, terms {', '.join(self.terms)}, df {self.df_method}>"
        )


def refit(solution: Solution, y: Array, *, thorough: bool = True) -> Solution:
    """The solution for another response (n,) over the same rows; the search starts at the estimates at hand.

    `thorough` adds the further starts that a fit near a boundary gets.
    """
    y = checked_response(solution, np.asarray(y, dtype=float))
    criterion = criterion_of(solution).with_response(y)
    found = search(criterion, interior(solution), thorough=thorough)
    return assemble(criterion, sharpened(criterion, found))


def interior(solution: Solution) -> Array:
    """Theta in scaled columns, moved off the boundary so that a search can leave it."""
    criterion = criterion_of(solution)
    start = criterion.scaled_theta(solution.theta)
    at = 0
    for q in criterion.sizes:
        for j in range(q):
            start[at] = max(start[at], 0.1)
            at += q - j
    return start


def checked_response(solution: Solution, y: Array) -> Array:
    n = solution.design.n
    if y.shape != (n,) or not np.isfinite(y).all():
        bad = int((~np.isfinite(y)).sum())
        raise DesignError(
            f"A new response must have one finite number for each of the {n} rows of the fit; found shape {y.shape} "
            f"with {bad} missing or infinite values. Leave such columns out, or fit them as new data."
        )
    return y


def checked_responses(solution: Solution, Y: Array) -> Array:
    Y = np.asarray(Y, dtype=float)
    if Y.ndim != 2:
        raise DesignError(
            f"refit_many needs a matrix with one column a response; found {Y.ndim} dimension(s)."
        )
    for column in Y.T if len(Y) != solution.design.n or not np.isfinite(Y).all() else ():
        checked_response(solution, column)
    return Y


def checked_contrasts(solution: Solution, contrasts: Array | None) -> tuple[tuple[str, ...], Array]:
    """Names (m,) and rows (m, p); the fixed effects themselves where no contrasts are given."""
    names = solution.design.x_names
    if contrasts is None:
        return names, np.eye(len(names))
    L = np.atleast_2d(np.asarray(contrasts, dtype=float))
    if L.ndim != 2 or L.shape[1] != len(names) or not np.isfinite(L).all() or not L.any(axis=1).all():
        raise DesignError(
            f"Contrasts need rows of {len(names)} finite numbers, not all zero, one for each fixed effect "
            f"({', '.join(names)}); found shape {L.shape}."
        )
    return tuple(f"contrast {i + 1}" for i in range(len(L))), L


def refit_many(
    solution: Solution,
    Y: Array,
    df: str | None = None,
    contrasts: Array | None = None,
    near: Array | None = None,
) -> RefitMany:
    """Refit every column of Y (n, r) and test every fixed effect, or every row of `contrasts` (m, p).

    `df` as in `coefficients`; None gives Kenward-Roger for REML and Satterthwaite for ML. The numbers are those of
    `refit`; `converged` tells how each search ended, `searched_in_full` which ones the search side by side left to
    the general one. near: theta (k,) or (r, k) close to the optima, where that is known better than by the estimates
    at hand: the searches begin there, and end where they would have ended.
    """
    Y = checked_responses(solution, Y)
    name = df or ("kenward-roger" if solution.method == "REML" else "satterthwaite")
    terms, L = checked_contrasts(solution, contrasts)
    starts = None if near is None else np.broadcast_to(near, (Y.shape[1], len(solution.theta)))
    task = Task(solution, criterion_of(solution), name, L, METHODS[name], Y.shape[1], refit, starts)
    scalar = set(task.criterion.sizes) == {1} and name in SIDE_BY_SIDE
    parts = refit_blocks(task, Y) if scalar else [one_by_one(task, Y)]
    columns: list[Any] = [np.concatenate(column) for column in zip(*parts, strict=True)]
    estimate, std_error, den_df, *rest, full, unadjusted = columns
    statistic = estimate / std_error
    tests = [estimate, std_error, den_df, statistic, two_sided_p(statistic, den_df)]
    last = [full if scalar else None, None, unadjusted]  # no shapes
    return RefitMany(terms, name, *[*tests, *rest, *last])
