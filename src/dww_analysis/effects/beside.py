"""Beside the planned answer of ordered outcomes and counts: the odds of a higher category, and the units' own rates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.estimate import listed
from dww_analysis.effects.counted import Counted, tested
from dww_analysis.effects.estimate import boundary_groups
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.frames import PERIOD
from dww_analysis.effects.logistic import LARGEST
from dww_analysis.effects.shares import DF_METHOD, NUMBERS, ROUNDING, TREATED, formula_of, unit_facts
from dww_analysis.errors import FitError

Row = dict[str, Any]


def cumulative_logit(data: EntryData, found: EntryFit) -> Row | None:
    """The planned contrast as log odds of a higher category, by the same terms: a cumulative logit with between-within
    df. None for outcomes that are not ordered, rows of different precision, and models without units.

    FitError where the search does not converge or answers are told apart without error.
    """
    from dww_analysis.multilevel import fit
    from dww_analysis.multilevel.inference.plain import between_within_df, nested_groups

    if found.kind.id != "ordered" or found.model.weights is not None or not found.fitted.design.random:
        return None
    fitted = fit(found.model.formula, found.frame.loc[found.fitted.frame.index], family="ordinal")
    names, solution = list(fitted.design.x_names), fitted.solution
    L = np.array([[found.model.planned.weights.get(name, 0.0) for name in fitted.coefficients()["term"]]])
    apart = abs(float((L @ solution.beta)[0])) > LARGEST or not np.isfinite(solution.vcov).all()
    if not fitted.converged or apart or not set(found.model.planned.weights) <= {*names}:
        raise _refused(data, "cumulative logit", "answers in several categories under both conditions")
    df = between_within_df(fitted.design, nested_groups(fitted.design, by="wave"))
    row = tested(Counted(solution.vcov, df), L, solution.beta, data.plan.conf_level)
    boundary = listed(boundary_groups(fitted))
    return {
        **{name: row[name] for name in (*NUMBERS, "df_method")},
        "unit": "log odds",
        "converged": True,
        "boundary": boundary,
    }


def rate_by_unit(data: EntryData, found: EntryFit) -> Row | None:
    """Of counts between arms side by side the difference of the units' rates (counts over time, or over answers where
    the plan gives no time) at the planned wave, each unit counted once: least squares with strata, units - parameters
    df. None for other outcomes and designs.

    FitError where units of an arm do not differ, or leave no df.
    """
    from dww_analysis.multilevel import MultilevelError, fit_ols

    contrast = found.model.planned.contrast
    if found.kind.id != "count" or not data.study.groups or contrast.wave is None:
        return None
    rates = _rates(data, found.used, contrast.wave)
    if contrast.from_wave is not None:
        rates = rates - _rates(data, found.used, contrast.from_wave)
    here = found.used[found.used["wave"] == str(contrast.wave)]
    units = unit_facts(data.study, here).assign(share=rates).dropna()
    expected = f"{data.study.unit}s of both arms that differ within arms"
    try:
        fitted = fit_ols(formula_of(units), units)
        table = fitted.coefficients(conf_level=data.plan.conf_level).set_index("term")
    except MultilevelError as error:
        raise _refused(data, "difference of rates", expected, str(error)) from error
    if TREATED not in table.index or not table.at[TREATED, "std_error"] > ROUNDING:
        raise _refused(data, "difference of rates", expected)
    per = f"per {data.entry.per}" if data.entry.per else "per answer"
    numbers = {name: float(table.at[TREATED, name]) for name in NUMBERS}
    return {**numbers, "df_method": DF_METHOD, "unit": f"events {per}", "converged": True, "boundary": ""}


def _rates(data: EntryData, used: pd.DataFrame, wave: int) -> pd.Series:
    """What each unit counted at a wave over the time in which it did."""
    here = used[used["wave"] == str(wave)]
    time = here[PERIOD] if PERIOD in here else pd.Series(1.0, index=here.index)
    sums = here.assign(time=time).groupby(data.study.unit, observed=True)[["score", "time"]].sum()
    rates: pd.Series = sums["score"] / sums["time"]
    return rates


def _refused(data: EntryData, what: str, expected: str, detail: str = "") -> FitError:
    return FitError.of(
        found=f"`{data.entry.id}` has no {what}",
        where=f"plan.yaml, entry {data.entry.id}",
        expected=expected,
        action="take the planned estimate",
        detail=detail,
    )
