"""The variances and correlations of a fitted entry, with their limits."""

from __future__ import annotations

from typing import Any

import pandas as pd
from scipy import stats

from dww_analysis.domain.analyses import LARGE_FIT
from dww_analysis.domain.plan import PlanEntry


def components_of(entry: PlanEntry, fitted: Any, conf_level: float) -> pd.DataFrame:
    """The components of the fit, a row by group and term, with limits of variances (NaN where there are none) and
    whether each is at its limit: columns entry, those of `variance_components`, conf_low, conf_high, boundary."""
    table = fitted.variance_components().copy()
    table.insert(0, "entry", entry.id)
    limits = _variance_limits(fitted, table, conf_level)
    table["conf_low"], table["conf_high"] = zip(*limits, strict=True)
    table["boundary"] = [_on_boundary(r, fitted.boundary) for r in table.itertuples()]
    return table


def _variance_limits(fitted: Any, table: pd.DataFrame, conf_level: float) -> list[tuple[float, float]]:
    """Limits of each variance: squared profile limits of its SD (of the ML deviance, as in lme4), or of a large fit
    those of its normal logarithm. NaN for covariances and for families without a profile."""
    nothing = (float("nan"), float("nan"))
    if fitted.family != "gaussian":
        return [nothing] * len(table)
    if not fitted.design.random:
        return [_residual_limits(fitted, conf_level)]
    names = [
        "sigma" if r.group == "Residual" else f"sd_{r.term_1}|{r.group}" if pd.isna(r.term_2) else ""
        for r in table.itertuples()
    ]
    limits = _spread_limits(fitted, [n for n in names if n], conf_level)
    return [(limits.at[n, "conf_low"] ** 2, limits.at[n, "conf_high"] ** 2) if n else nothing for n in names]


def _spread_limits(fitted: Any, names: list[str], conf_level: float) -> pd.DataFrame:
    """Columns conf_low, conf_high of the standard deviations `names`, which are the index."""
    found = [fitted.large_sample_limits(conf_level)] if fitted.n_obs > LARGE_FIT else []
    rest = [n for n in names if not any(n in set(table["term"]) for table in found)]
    if rest:
        found.append(fitted.profile(conf_level=conf_level, terms=rest))
    return pd.concat(found).set_index("term")


def _residual_limits(fitted: Any, conf_level: float) -> tuple[float, float]:
    """Limits of the variance of least squares: df s^2 over quantiles of chi-square."""
    df = fitted.n_obs - len(fitted.design.x_names)
    quantiles = stats.chi2(df).ppf([(1 + conf_level) / 2, (1 - conf_level) / 2])
    low, high = df * fitted.sigma**2 / quantiles
    return float(low), float(high)


def _on_boundary(row: Any, boundary: tuple[str, ...]) -> bool:
    """Whether a row of the components table, a variance or a correlation, is one of the names the engine flags."""
    name = row.term_1 if pd.isna(row.term_2) else f"cor({row.term_1}, {row.term_2})"
    return f"{row.group} {name}" in boundary
