"""`fit` and `fit_ols`: from a formula and a data frame to a `Fit`, in three steps: design, solution, result."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from . import engines
from .errors import FormulaError, MethodError
from .formula.design import build_design
from .formula.zero_part import with_zero_part, zero_columns
from .options import DEFAULT_MEMORY, Options
from .result import Fit
from .words import refuse_arguments


def fit(
    formula: str,
    data: pd.DataFrame,
    *,
    method: str = "REML",
    family: str = "gaussian",
    link: str | None = None,
    quadrature: int = 1,
    zero: str | None = None,
    weights: str | ArrayLike | None = None,
    offset: str | ArrayLike | None = None,
    residual_variance: str | None = None,
    residual_correlation: str | None = None,
    max_memory: float = DEFAULT_MEMORY,
    **words: Any,
) -> Fit:
    """Fit a multilevel model written as for lme4.

    Parameters: `formula`, e.g. "y ~ condition * wave + (1 | org) + (time | team)"; `data`, one row an observation
    (rows with a missing value in a variable of the model are dropped and counted); `method` "REML" or "ML" (Gaussian;
    other families are always ML); `family` "gaussian", "binomial" (logit), "poisson", "nbinom2" (negative binomial with
    variance mu + mu^2 / theta) or "zip" (zero-inflated Poisson) with log link, "ordinal" (cumulative logit of a
    categorical or whole numbers); `link` "cloglog" instead of a binomial family's logit;
    `quadrature` nodes of adaptive Gauss-Hermite quadrature, 1 is Laplace;
    `zero`, of family "zip", what the probability of an extra zero depends on, e.g. "~ arm" or "~ arm + (1 | team)" (on
    its logit; without it one probability for all);
    `weights` (precisions, or trials for binomial) and `offset`, a
    column name or one number a row; `residual_variance`, a factor whose levels have their own residual variance;
    `residual_correlation`, "ar1(wave | person)"; `max_memory`, bytes a dense block may take; `words`, arguments of
    other programs, which are refused with what to write here.
    Raises FormulaError, DesignError or MethodError; see `checks` for what data cannot carry.
    R: lme4::lmer / glmer, glmmTMB::glmmTMB, with the inference of lmerTest, pbkrtest, emmeans and clubSandwich.
    """
    if words:
        refuse_arguments(words, list(signature(fit).parameters)[:-1])
    if method == "OLS":
        raise MethodError("method is 'REML' or 'ML'; least squares without random terms is fit_ols().")
    if not isinstance(max_memory, (int, float, np.number)) or not max_memory > 0:
        raise MethodError(f"max_memory is a positive number of bytes, not {max_memory!r}.")
    options = Options(method, family, quadrature, residual_variance, residual_correlation, link)
    if zero is not None and family != "zip":
        raise MethodError(f"zero= is of family 'zip', not {family!r}; leave it out, or use that family.")
    more = options.extra_columns()
    if zero is not None:
        more += zero_columns(formula, zero, data)
    design = build_design(formula, data, weights, offset, family, extra_columns=more)
    if zero is not None:
        design = with_zero_part(design, zero)
    return Fit(engines.solve(design, options, max_memory=float(max_memory)), options, float(max_memory))


def fit_ols(
    formula: str,
    data: pd.DataFrame,
    *,
    weights: str | ArrayLike | None = None,
    offset: str | ArrayLike | None = None,
) -> Fit:
    """Least squares: y ~ x without random terms, for cluster-robust inference beside the model.

    R: lm(formula, data, weights). Refuses formulas with bars.
    """
    design = build_design(formula, data, weights, offset, "gaussian")
    if design.random:
        raise FormulaError(f"{formula!r} has random terms; use fit().")
    options = Options(method="OLS")
    return Fit(engines.solve(design, options), options)
