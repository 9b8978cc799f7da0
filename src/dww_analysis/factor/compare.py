"""Two nested factor models of the same answers: the chi-square difference and what it does to the indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.factor.distributions import chi_square_tail
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.fitted import scaling_factor
from dww_analysis.factor.nesting import misses, nothing, wide_at_narrow
from dww_analysis.factor.same_answers import spoken_of, what_differs
from dww_analysis.factor.wls import difference_wls

NAN = float("nan")
SB_2001, SB_2010 = "satorra.bentler.2001", "satorra.bentler.2010"
METHODS = {SB_2001: "Satorra & Bentler 2001", SB_2010: "Satorra & Bentler 2010"}
NO_SCALE = "none: the scaling of the difference is negative; "
OTHERWISE = {
    SB_2001: f"use method='{SB_2010}', or fit both with estimator='MLM'",
    SB_2010: "fit both with estimator='MLM' or 'ML'",
}
NO_STATISTIC = "none: a saturated model was not found, so there is no chi-square; compare AIC or BIC"
INDICES = ("n_parameters", "df", "chi_square", "p_value", "cfi", "tli", "rmsea", "srmr", "aic", "bic")
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


def difference(less: FactorFit, more: FactorFit, method: str = SB_2001) -> Difference:
    """Chi-square difference, scaled where the statistics are, and changes of the indices. more: the model with more
    held equal, nested in `less`. method: of `METHODS`. NaN for a statistic without degrees of freedom, or whose scaling
    is not positive."""
    df = more.df - less.df
    indices = (more.cfi - less.cfi, more.rmsea - less.rmsea, more.srmr - less.srmr)
    if less._wls is not None and more._wls is not None and df > 0:
        chi, p = difference_wls(less._wls, more._wls)
        return Difference(chi, df, p, *indices)
    raw = more.chi_square_unscaled - less.chi_square_unscaled
    c_less = less.scaling_factor if method == SB_2001 else _scaling_at(less, more)
    scale = (more.df * more.scaling_factor - less.df * c_less) / df if df > 0 else NAN
    chi = raw / scale if scale > 0 else NAN
    p = chi_square_tail(chi, df)
    return Difference(chi, df, p, *indices)


def _scaling_at(less: FactorFit, more: FactorFit) -> float:
    """Scaling factor of the wider model where it implies what the narrower one does (Satorra & Bentler 2010)."""
    return scaling_factor(wide_at_narrow(less, more), less.df) if less.df > 0 else 1.0


def compare(first: FactorFit, second: FactorFit, method: str = SB_2001) -> pd.DataFrame:
    """A row for each model, the one with more parameters first: model ("first" or "second", as given), n_parameters,
    df, chi_square, p_value, cfi, tli, rmsea, srmr, aic, bic, and behind the other one delta_chi_square, delta_df,
    delta_p, delta_method. Scaled differences for MLR, MLM and clusters and for WLSMV (Satorra 2000). method:
    "satorra.bentler.2001", which has no difference where its scaling is negative, as delta_method then says; or
    "satorra.bentler.2010", whose scaling is of the wider model where it implies what the narrower one does, for one
    level. It is positive by MLM; by MLR, whose information is observed, not where the wider one fits far worse there.

    Refuses models of other answers or estimators, means or predictors that only one of them models, models that did not
    converge, as many parameters in both, models of which neither is nested in the other, and a negative difference;
    lavaan looks at neither of the last two. R: lavTestLRT(m1, m2), semTools::net.
    """
    _check_method(method, first, second)
    _check_alike(first, second)
    named = (("first", first), ("second", second))
    (_, less), (_, more) = ordered = sorted(named, key=lambda pair: pair[1].df)
    _check_nested(less, more)
    change = difference(less, more, method)
    said = _method(less, method) if np.isfinite(change.chi_square) else _why_none(less, more, method)
    rows = [{"model": name} | {index: getattr(fit, index) for index in INDICES} for name, fit in ordered]
    rows[0] |= {"delta_chi_square": NAN, "delta_df": NAN, "delta_p": NAN, "delta_method": ""}
    rows[1] |= {
        "delta_chi_square": change.chi_square, "delta_df": change.df, "delta_p": change.p_value,
        "delta_method": said,
    }  # fmt: skip
    return pd.DataFrame(rows)


def _method(fit: FactorFit, method: str) -> str:
    if fit._wls is not None:
        return "Satorra 2000"
    return "likelihood ratio" if fit.scaled is None else METHODS[method]


def _check_method(method: str, first: FactorFit, second: FactorFit) -> None:
    if method not in METHODS:
        raise _refusal(f"method={method!r}", f"one of {', '.join(METHODS)}", "correct the spelling")
    scaled = all(
        getattr(fit, "scaled", None) is not None and fit._fitted is not None for fit in (first, second)
    )
    if method != SB_2001 and not scaled:
        raise _refusal(
            f"method={method!r}",
            "models of one level by MLR, MLM or with clusters, whose statistics are scaled",
            "leave method= out",
        )


def _why_none(less: FactorFit, more: FactorFit, method: str) -> str:
    found = np.isfinite(less.chi_square_unscaled) and np.isfinite(more.chi_square_unscaled)
    return NO_SCALE + OTHERWISE[method] if found else NO_STATISTIC


def _check_nested(less: FactorFit, more: FactorFit) -> None:
    instead = "compare AIC or BIC" if less._wls is None else "look at the indices of each"
    if misses(less, more):
        raise _refusal(
            "models of which neither is nested in the other",
            "a model that follows from the other by holding parameters equal or leaving some out",
            instead,
        )
    better = less.chi_square_unscaled - more.chi_square_unscaled
    if better > nothing(less.n_obs):
        raise _refusal(
            f"a model with fewer parameters that fits better (by a chi-square of {better:.3g})",
            "a difference that is not negative, as that of nested models is",
            f"fit the one with more parameters from other values, start(0.8)*x2, its search ended low; or {instead}",
        )


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
    _check_likelihoods(first, second)
    if first.df == second.df:
        raise _refusal(
            f"{first.df} degrees of freedom in both", "one nested in the other", "compare AIC or BIC"
        )


def _check_likelihoods(first: FactorFit, second: FactorFit) -> None:
    """Likelihoods, and so AIC and BIC, are of the same variables, or they are not comparable."""
    (means, given), (other_means, other_given) = map(spoken_of, (first, second))
    if means != other_means:
        raise _refusal(
            "means in one model only", "means in both or in neither", "give both meanstructure=True"
        )
    if alone := sorted(given ^ other_given):
        raise _refusal(
            f"predictors that one model only takes as they are ({', '.join(alone)})",
            "the same predictors, taken as they are or modelled in both",
            f"write {alone[0]} ~~ {alone[0]} in both texts, or in neither",
        )


def _refusal(found: str, expected: str, action: str) -> FactorError:
    return FactorError.of(found=found, where="compare", expected=expected, action=action)
