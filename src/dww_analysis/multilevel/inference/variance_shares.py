"""Intraclass correlation and explained variance of a mixed model (Nakagawa & Schielzeth 2013; Johnson 2014;
Nakagawa, Johnson & Schielzeth 2017, J R Soc Interface 14:20170213).

With var_fixed the sample variance of the linear predictor of the fixed effects, var_random the mean over rows of
z'Gz (so that random slopes count as they occur), and var_residual the residual or distribution-specific variance:
ICC = var_random / (var_random + var_residual), marginal R2 = var_fixed / total, conditional R2 =
(var_fixed + var_random) / total. A random term with one level a row is overdispersion and belongs to the residual.
The residual variance of a count depends on how large counts are; with an offset (time at risk, persons) that is the
expected count at the exposures of the rows, so that the unit of the exposure plays no part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import MethodError
from ..model import Solution
from ..shapes import dispersion

# variance of the latent response whose passing of a threshold is seen: logistic, and extreme value
LATENT = {"logit": np.pi**2 / 3, "cloglog": np.pi**2 / 6}


@dataclass(frozen=True)
class VarianceParts:
    """Variances on the scale of the linear predictor, per row of the design on average."""

    fixed: float
    random: dict[str, float]  # by group
    residual: float

    @property
    def total_random(self) -> float:
        return sum(self.random.values())


def variance_parts(solution: Solution, null_intercept: Callable[[], tuple[float, float]]) -> VarianceParts:
    """The parts; `null_intercept` gives (intercept, random variance) of the model without predictors (counts only)."""
    design = solution.design
    random: dict[str, float] = {}
    by_row = 0.0
    for r, term in enumerate(design.random):
        value = float(np.einsum("ij,jk,ik->", term.Z, solution.covariance(r), term.Z)) / design.n
        if term.n_levels == design.n:
            by_row += value
        else:
            random[term.group] = random.get(term.group, 0.0) + value
    fixed = float(np.var(design.X @ solution.beta, ddof=1))
    return VarianceParts(fixed, random, _residual(solution, null_intercept) + by_row)


def _residual(solution: Solution, null_intercept: Callable[[], tuple[float, float]]) -> float:
    if solution.family == "gaussian":
        variances = solution.extra.residual_row_variances
        return solution.sigma**2 if variances is None else float(np.mean(variances))
    if solution.extra.link in LATENT:
        return LATENT[solution.extra.link]
    if solution.family in ("poisson", "nbinom2"):
        intercept, variance = null_intercept()
        expected = np.exp(intercept + variance / 2) * np.exp(solution.design.offset).mean()
        beyond = 1 / (dispersion(solution) or np.inf)
        # lognormal approximation, Nakagawa et al. eqs. 5.8 and 5.12
        return float(np.log1p(1 / expected + beyond))
    raise MethodError(
        f"No residual variance is defined for family {solution.family!r}, so it has no intraclass correlation and "
        "no R2. Look at variance_components()."
    )


def icc_series(parts: VarianceParts) -> pd.Series:
    """Adjusted (of what the fixed effects leave), unadjusted (of everything), then the adjusted share of each group;
    a row each by name."""
    left = parts.total_random + parts.residual
    shares = {"adjusted": parts.total_random / left, "unadjusted": parts.total_random / (left + parts.fixed)}
    return pd.Series({**shares, **{group: value / left for group, value in parts.random.items()}}, name="icc")


def r2_series(parts: VarianceParts) -> pd.Series:
    """Marginal (fixed effects) and conditional (fixed and random effects) R2."""
    total = parts.fixed + parts.total_random + parts.residual
    return pd.Series(
        {"marginal": parts.fixed / total, "conditional": (parts.fixed + parts.total_random) / total},
        name="r2",
    )
