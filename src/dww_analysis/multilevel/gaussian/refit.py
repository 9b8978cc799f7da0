"""The same design with other responses: one solution, or arrays over many of them.

Everything that depends on X and Z alone is reduced once; a new response costs one pass over the rows and a
short search from the estimates at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import DesignError, FormulaError
from ..inference.distributions import two_sided_p
from ..inference.plain import BetweenWithin, Normal
from ..model import Array, Inference, Solution
from .blup import criterion_of
from .kenward_roger import KenwardRoger
from .likelihood import Criterion
from .satterthwaite import Satterthwaite
from .search import search
from .solve import assemble

METHODS: dict[str, Callable[[Solution], Inference]] = {
    "kenward-roger": KenwardRoger,
    "satterthwaite": Satterthwaite,
    "between-within": BetweenWithin,
    "normal": Normal,
}


@dataclass(frozen=True, eq=False, repr=False)
class RefitMany:
    """Results of r refits; rows follow the columns of Y, columns the fixed effects."""

    terms: tuple[str, ...]  # (p,)
    df_method: str
    estimate: Array  # (r, p)
    std_error: Array  # (r, p)
    df: Array  # (r, p)
    statistic: Array  # (r, p)
    p_value: Array  # (r, p)
    theta: Array  # (r, k)
    sigma: Array  # (r,)
    log_likelihood: Array  # (r,)
    converged: np.ndarray  # (r,) bool
    at_boundary: np.ndarray  # (r,) bool

    def term(self, name: str) -> pd.DataFrame:
        """One row a refit for one fixed effect: estimate, std_error, df, statistic, p_value, converged, at_boundary."""
        if name not in self.terms:
            raise FormulaError(
                f"{name!r} is not a fixed effect of the model; there are {', '.join(self.terms)}."
            )
        k = self.terms.index(name)
        tests = ("estimate", "std_error", "df", "statistic", "p_value")
        columns = {part: getattr(self, part)[:, k] for part in tests}
        return pd.DataFrame({**columns, "converged": self.converged, "at_boundary": self.at_boundary})

    def __repr__(self) -> str:
        return (
            f"<RefitMany: {len(self.sigma)} responses, {int(self.converged.sum())} converged, terms "
            f"{', '.join(self.terms)}, df {self.df_method}>"
        )


def refit(solution: Solution, y: Array, *, thorough: bool = True) -> Solution:
    """The solution for another response (n,) over the same rows; the search starts at the estimates at hand.

    `thorough` adds the further starts that a fit near a boundary gets.
    """
    y = checked_response(solution, np.asarray(y, dtype=float))
    return _again(criterion_of(solution), y, interior(solution), thorough)


def _again(criterion: Criterion, y: Array, start: Array, thorough: bool) -> Solution:
    criterion = criterion.with_response(y)
    return assemble(criterion, search(criterion, start, thorough=thorough))


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


def refit_many(solution: Solution, Y: Array, df: str | None = None) -> RefitMany:
    """Refit every column of Y (n, r) and test every fixed effect.

    `df` as in `coefficients`; None gives Kenward-Roger for REML and Satterthwaite for ML. Each refit runs one
    search from the estimates at hand (and leaves a boundary from which the criterion falls); `converged`
    tells the outcome.
    """
    Y = np.asarray(Y, dtype=float)
    if Y.ndim != 2:
        raise DesignError(
            f"refit_many needs a matrix with one column a response; found {Y.ndim} dimension(s)."
        )
    name = df or ("kenward-roger" if solution.method == "REML" else "satterthwaite")
    build = METHODS[name]
    r, p, k = Y.shape[1], len(solution.beta), len(solution.theta)
    out = {key: np.empty((r, p)) for key in ("estimate", "std_error", "df")}
    theta, sigma, log_likelihood = np.empty((r, k)), np.empty(r), np.empty(r)
    converged, at_boundary = np.empty(r, dtype=bool), np.empty(r, dtype=bool)
    unit, criterion, start = np.eye(p), criterion_of(solution), interior(solution)
    for i in range(r):
        found = _again(criterion, checked_response(solution, Y[:, i]), start, thorough=False)
        inference = build(found)
        out["estimate"][i] = found.beta
        out["std_error"][i] = np.sqrt(np.diag(inference.vcov))
        out["df"][i] = inference.df(unit)
        theta[i], sigma[i], log_likelihood[i] = found.theta, found.sigma, found.log_likelihood
        converged[i], at_boundary[i] = found.converged, bool(found.boundary)
    statistic = out["estimate"] / out["std_error"]
    return RefitMany(
        terms=solution.design.x_names,
        df_method=name,
        statistic=statistic,
        p_value=two_sided_p(statistic, out["df"]),
        theta=theta,
        sigma=sigma,
        log_likelihood=log_likelihood,
        converged=converged,
        at_boundary=at_boundary,
        **out,
    )
