"""Ordinary (or weighted) least squares as a `Fit` without random terms, for cluster-robust inference beside the model.

Estimates, covariance and t df are those of R's lm; `robust` then uses an identity working covariance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .errors import FormulaError
from .formula.design import build_design
from .inference.distributions import f_tail
from .inference.hypotheses import check_rank
from .inference.plain import wald_f
from .model import Array, Design, JointTest, Search, Solution
from .options import Options
from .result import Fit


def fit_ols(
    formula: str,
    data: pd.DataFrame,
    *,
    weights: str | ArrayLike | None = None,
    offset: str | ArrayLike | None = None,
) -> Fit:
    """Least squares: y ~ x without random terms. R: lm(formula, data, weights). Refuses formulas with bars."""
    design = build_design(formula, data, weights, offset, "gaussian")
    if design.random:
        raise FormulaError(f"{formula!r} has random terms; use fit().")
    return Fit(solve_ols(design), Options(method="OLS"))


def solve_ols(design: Design) -> Solution:
    """Estimates by QR, residual variance with n - p df, log-likelihood as R's logLik.lm."""
    n, p = design.X.shape
    root = np.sqrt(design.weights)
    Q, R = np.linalg.qr(design.X * root[:, None])
    z = (design.y - design.offset) * root
    beta = np.linalg.solve(R, Q.T @ z)
    rss = float(((z - design.X @ beta * root) ** 2).sum())
    inverse = np.linalg.inv(R)
    sigma2 = rss / (n - p)
    likelihood = -0.5 * n * (np.log(2 * np.pi * rss / n) + 1) + 0.5 * float(np.log(design.weights).sum())
    search = Search((), -2 * likelihood, np.zeros(0), 0.0, np.inf, 0, ("closed form",))
    return Solution(
        design, "OLS", "gaussian", np.zeros(0), float(np.sqrt(sigma2)), beta, sigma2 * inverse @ inverse.T, likelihood,
        p + 1, True, (), search,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Residual:
    """t and F with n - p df."""

    solution: Solution
    method: str = "residual"

    @property
    def vcov(self) -> Array:
        return self.solution.vcov

    @property
    def _den_df(self) -> float:
        n, p = self.solution.design.X.shape
        return float(n - p)

    def df(self, L: Array) -> Array:
        return np.full(len(L), self._den_df)

    def joint(self, L: Array) -> JointTest:
        check_rank(L)
        F = wald_f(L, self.solution.beta, self.vcov)
        return JointTest(F, len(L), self._den_df, f_tail(F, len(L), self._den_df))
