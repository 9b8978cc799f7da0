"""Tail areas and quantiles of t, F, normal and chi-square, and p value adjustments, without importing scipy.stats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ..errors import MethodError
from ..model import Array


def two_sided_p(statistic: ArrayLike, df: ArrayLike) -> Array:
    """P(|T| > |statistic|) for t with `df` degrees of freedom; normal where df is infinite, NaN where df is NaN."""
    t, nu = np.broadcast_arrays(np.abs(np.asarray(statistic, dtype=float)), np.asarray(df, dtype=float))
    finite = np.where(np.isinf(nu), 1.0, nu)
    return np.where(np.isinf(nu), special.erfc(t / np.sqrt(2.0)), 2.0 * special.stdtr(finite, -t))


def check_conf_level(conf_level: float) -> None:
    """Refuses a coverage that is not between 0 and 1, such as 95."""
    if not 0 < conf_level < 1:
        raise MethodError(f"conf_level must lie between 0 and 1 (for example 0.95), not {conf_level}.")


def t_quantile(df: ArrayLike, conf_level: float) -> Array:
    """Half width of a two-sided interval in standard errors; normal where df is infinite."""
    check_conf_level(conf_level)
    nu = np.asarray(df, dtype=float)
    upper = 0.5 + conf_level / 2
    finite = np.where(np.isinf(nu), 1.0, nu)
    return np.where(np.isinf(nu), special.ndtri(upper), special.stdtrit(finite, upper))


def f_tail(statistic: float, num_df: float, den_df: float) -> float:
    """P(F > statistic); chi-square / num_df where den_df is infinite; NaN where den_df is not positive."""
    if not den_df > 0:
        return float("nan")
    if np.isinf(den_df):
        return float(special.chdtrc(num_df, max(statistic, 0.0) * num_df))
    return float(special.fdtrc(num_df, den_df, max(statistic, 0.0)))


def _step_down(p: Array) -> Array:
    order = np.argsort(p, kind="stable")
    scaled = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _unsort(scaled, order)


def _step_up(p: Array, factors: Array) -> Array:
    order = np.argsort(p, kind="stable")
    scaled = np.minimum.accumulate((p[order] * factors)[::-1])[::-1]
    return _unsort(scaled, order)


def _unsort(values: Array, order: NDArray[np.intp]) -> Array:
    out = np.empty(len(values))
    out[order] = np.minimum(values, 1.0)
    return out


def _ranks(p: Array) -> Array:
    return np.arange(1, len(p) + 1, dtype=float)


ADJUSTMENTS: dict[str, Callable[[Array], Array]] = {
    "none": lambda p: p,
    "holm": _step_down,  # Holm (1979)
    "hochberg": lambda p: _step_up(p, len(p) + 1 - _ranks(p)),  # Hochberg (1988)
    "bonferroni": lambda p: np.minimum(p * len(p), 1.0),
    "sidak": lambda p: -np.expm1(len(p) * np.log1p(-p)),
    "bh": lambda p: _step_up(p, len(p) / _ranks(p)),  # Benjamini & Hochberg (1995)
    "by": lambda p: _step_up(p, len(p) / _ranks(p) * (1 / _ranks(p)).sum()),  # Benjamini & Yekutieli (2001)
}


SIMULTANEOUS = ("tukey", "mvt")  # rest on more than the p values: see `simultaneous`


def adjustment_name(method: str | None) -> str:
    """The adjustment by its name; None is "none", "fdr" is "bh", case does not matter."""
    name = str(method or "none").lower().replace("fdr", "bh")
    if name not in (*ADJUSTMENTS, *SIMULTANEOUS):
        raise MethodError(
            f"Unknown adjustment {method!r}; known are {', '.join([*ADJUSTMENTS, *SIMULTANEOUS])}."
        )
    return name


def adjust_p(p: ArrayLike, method: str | None) -> Array:
    """p values adjusted over the whole set, in its shape; missing ones (NaN) stay missing and do not count.
    MethodError for an unknown method and for those that need the contrasts themselves."""
    name = adjustment_name(method)
    if name in SIMULTANEOUS:
        raise MethodError(
            f"{name!r} needs the contrasts behind the p values: contrasts(..., adjust={name!r})."
        )
    values = np.asarray(p, dtype=float)
    out = values.copy()
    known = ~np.isnan(values)
    if known.any():
        out[known] = ADJUSTMENTS[name](values[known])
    return out
