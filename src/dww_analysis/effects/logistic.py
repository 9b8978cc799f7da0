"""Yes or no of persons who were allocated themselves and answered once: the odds ratio by logistic regression.

No answer depends on another then, so there is no random term and no mixed model; t with persons minus parameters as df.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from dww_analysis.domain.estimate import Estimate
from dww_analysis.domain.outcomes import KINDS, ODDS_RATIO
from dww_analysis.effects.counted import Counted, tested
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.shares import (
    DF_METHOD,
    HARDLY_ANYONE,
    NUMBERS,
    TREATED,
    UnitDifference,
    UnitShares,
    difference_estimate,
    share_sizes,
)
from dww_analysis.errors import FitError

LARGEST = 15.0  # log odds of a person beyond which the columns of the model tell yes from no by themselves


def offered(data: EntryData, shares: UnitShares) -> bool:
    """Whether each answer is of another person, who was allocated, at the wave of the contrast alone."""
    apart = not shares.answers["person"].duplicated().any()
    return data.study.unit == "person" and shares.contrast.from_wave is None and apart


def odds_estimate(data: EntryData, shares: UnitShares, *, planned: bool) -> Estimate:
    """The logarithm of the odds ratio of the arms, with the plan's covariates and strata in the model. FitError where
    hardly anyone says yes or no, or columns of the model tell these apart by themselves."""
    if shares.few:
        raise _refused(data, HARDLY_ANYONE)
    names, beta, vcov, X = _logistic(data, shares)
    at, df = names.index(TREATED), float(len(X) - len(names))
    if not np.isfinite(vcov).all() or np.abs(X @ beta).max() > LARGEST or df < 1:
        raise _refused(data, "columns of the model tell yes from no by themselves")
    inference = Counted(vcov, np.full(len(names), df), DF_METHOD)
    tests = tested(inference, np.eye(len(names))[[at]], beta, data.plan.conf_level)
    row = difference_estimate(
        data,
        UnitDifference("", None, {name: tests[name] for name in NUMBERS}),
        shares.contrast,
        share_sizes(data, shares),
        identity=data.entry.id if planned else f"{data.entry.id}.{ODDS_RATIO}",
    )
    return replace(row, summary=ODDS_RATIO, unit=KINDS[data.scale.measure].unit_name)


def _logistic(data: EntryData, shares: UnitShares) -> tuple[list[str], Any, Any, Any]:
    """Names, coefficients and covariance of the regression, and its design: a row a person."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    from dww_analysis.multilevel import MultilevelError, build_design

    answers = shares.answers
    rows = answers.assign(**{TREATED: (answers["arm"] == data.study.treated_arm).astype(float)})
    strata = ["organisation"] if "stratum" in shares.units and shares.units["stratum"].nunique() > 1 else []
    formula = " + ".join([f"score ~ {TREATED}", *data.entry.covariates, *strata])
    try:
        design = build_design(formula, rows, family="binomial")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = GLM(design.y, design.X, family=Binomial()).fit(maxiter=100, tol=1e-12)
    except MultilevelError as error:
        raise _refused(data, str(error)) from error
    return list(design.x_names), np.asarray(fitted.params), np.asarray(fitted.cov_params()), design.X


def _refused(data: EntryData, why: str) -> FitError:
    return FitError.of(
        found=f"`{data.entry.id}` has no odds ratio",
        detail=why,
        where=f"plan.yaml, entry {data.entry.id}",
        expected="persons of each arm who say yes, and persons who say no, whatever their covariates",
        action="take the difference of shares",
    )
