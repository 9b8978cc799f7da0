"""Two nested factor models of the same answers: the chi-square difference and what it does to the indices.

Nested means that the wider model can reproduce every covariance that the narrower one allows: it is fitted to the
moments that the narrower one implies, where it must leave nothing (Bentler & Satorra 2010, Psychol. Methods 15:111).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor.distributions import chi_square_tail
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.fitted import Fitted, search
from dww_analysis.factor.moments import from_statistics
from dww_analysis.factor.same_answers import what_differs
from dww_analysis.factor.summary import Summary
from dww_analysis.factor.wls import difference_wls

NAN = float("nan")
NO_SCALE = "none: the scaling of the difference is negative; fit both with estimator='MLM' or 'ML'"
NOTHING = 1e-3  # chi-square of the wider model on moments of the narrower one that still counts as none
INDICES = ("n_parameters", "df", "chi_square", "p_value", "cfi", "tli", "rmsea", "srmr", "aic", "bic")
Array = NDArray[Any]
FactorFit = Any  # of `result`, whose `compare` is the door to this module


@dataclass(frozen=True)
class Difference:
    """Change from a less to a more constrained model."""

    chi_square: float
    df: int
    p_value: float
    cfi: float
    rmsea: float
    srmr: float


def difference(less: FactorFit, more: FactorFit) -> Difference:
    """Chi-square difference, scaled where the statistics are (Satorra & Bentler 2001), and changes of the indices.
    more: the model with more held equal, nested in `less`. NaN for a statistic without degrees of freedom, or
    whose scaling is not positive."""
    df = more.df - less.df
    indices = (more.cfi - less.cfi, more.rmsea - less.rmsea, more.srmr - less.srmr)
    if less._wls is not None and more._wls is not None and df > 0:
        chi, p = difference_wls(less._wls, more._wls)
        return Difference(chi, df, p, *indices)
    raw = more.chi_square_unscaled - less.chi_square_unscaled
    scale = (more.df * more.scaling_factor - less.df * less.scaling_factor) / df if df > 0 else NAN
    chi = raw / scale if scale > 0 else NAN
    p = chi_square_tail(chi, df)
    return Difference(chi, df, p, *indices)


def compare(first: FactorFit, second: FactorFit) -> pd.DataFrame:
    """A row for each model, the one with more parameters first: model ("first" or "second", as given), n_parameters,
    df, chi_square, p_value, cfi, tli, rmsea, srmr, aic, bic, and behind the other one delta_chi_square, delta_df,
    delta_p, delta_method. Scaled differences for MLR, MLM and clusters (Satorra & Bentler 2001; none where that scaling
    is negative, as delta_method then says) and for WLSMV (Satorra 2000).

    Refuses models of other answers or estimators, models that did not converge, as many parameters in both, and, for
    one level of continuous items, models of which neither is nested in the other. R: lavTestLRT(m1, m2).
    """
    _check_alike(first, second)
    named = (("first", first), ("second", second))
    (_, less), (_, more) = ordered = sorted(named, key=lambda pair: pair[1].df)
    if less._fitted is not None and more._fitted is not None:
        _check_nested(less._fitted, more._fitted)
    change = difference(less, more)
    method = NO_SCALE if np.isnan(change.chi_square) else _method(less)
    rows = [{"model": name} | {index: getattr(fit, index) for index in INDICES} for name, fit in ordered]
    rows[0] |= {"delta_chi_square": NAN, "delta_df": NAN, "delta_p": NAN, "delta_method": ""}
    rows[1] |= {
        "delta_chi_square": change.chi_square, "delta_df": change.df, "delta_p": change.p_value,
        "delta_method": method,
    }  # fmt: skip
    return pd.DataFrame(rows)


def _method(fit: FactorFit) -> str:
    if fit._wls is not None:
        return "Satorra 2000"
    return "likelihood ratio" if fit.scaled is None else "Satorra & Bentler 2001"


def _check_alike(first: FactorFit, second: FactorFit) -> None:
    if not isinstance(second, type(first)):
        raise _refusal(type(second).__name__, "another factor model", "pass the result of fit_cfa")
    if not (first.converged and second.converged):
        raise _refusal("a model that did not converge", "two models with estimates", "look at its warnings")
    ways = [(m.estimator, m.missing) for m in (first, second)]
    if ways[0] != ways[1]:
        shown = " and ".join(" with ".join(way) for way in ways)
        raise _refusal(shown, "the same estimator and missing=", "fit both in the same way")
    if found := what_differs(first, second):
        raise _refusal(
            found,
            "the same items of the same persons, in the same groups and clusters",
            "fit both to one table, with every item in both texts (f =~ ... or x1 ~~ x1)",
        )
    if first.df == second.df:
        raise _refusal(
            f"{first.df} degrees of freedom in both", "one nested in the other", "compare AIC or BIC"
        )


def _check_nested(wide: Fitted, narrow: Fitted) -> None:
    """Refuses where the wider model misses moments that the narrower one implies. A search that does not end says
    nothing."""
    place = [narrow.summary.columns.index(name) for name in wide.summary.columns]
    moments = tuple(
        from_statistics(m.total, mu[place], sigma[np.ix_(place, place)])
        for m, (mu, sigma) in zip(narrow.summary.moments, narrow.implied_moments, strict=True)
    )
    implied = Summary(wide.summary.prepared, moments, wide.summary.means)
    try:
        again = search(wide.model, implied, False, False, wide.search.theta)
    except FactorError:  # there the wider model is not identified, which says nothing against it
        return
    if not again.search.converged:
        return
    left = 2 * (sum(g.log_likelihood for g in implied.saturated) - again.search.log_likelihood)
    if left > NOTHING * max(1.0, implied.n_obs / 1000):
        raise _refusal(
            "models of which neither is nested in the other",
            "a model that follows from the other by holding parameters equal or leaving some out",
            "compare AIC or BIC",
        )


def _refusal(found: str, expected: str, action: str) -> FactorError:
    return FactorError.of(found=found, where="compare", expected=expected, action=action)
