"""Parameters of a distribution besides its mean, as a fit reports them: dispersion and extra zeros of counts.

A search knows each as a number t that is zero where the family is the Poisson distribution (`generalised.counts`,
`generalised.extra_zeros`).
Reported are those of glmmTMB: theta with variance mu + mu^2 / theta, and the logit of the probability of an extra zero,
or its coefficients where it has predictors (`Design.zero`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, ndtri

from .inference.distributions import check_conf_level, two_sided_p
from .model import ZERO, Array, Solution, ZeroPart
from .spreads import spread_names, spreads


@dataclass(frozen=True)
class Shape:
    """One parameter: how it is named among others, its value there, and what stands at the edge of its range."""

    component: str  # as the boundary of a fit names it
    name: str  # in tables of profiles and bootstraps
    value: Callable[[float], float]  # of t; zero at the edge
    edge: str  # a sentence


SHAPES = {
    "nbinom2": Shape(
        "dispersion",
        "1/dispersion",
        lambda t: t**2,
        "The counts vary no more around their means than Poisson counts do: the dispersion is infinite, and the fit is "
        "that of family 'poisson'.",
    ),
    "zip": Shape(
        "zero_inflation",
        "zero_probability",
        lambda t: 1.0 - 1.0 / (1.0 + t**2),
        "There are no more zeros than Poisson counts have: the probability of an extra zero is 0, and the fit is that "
        "of family 'poisson'.",
    ),
}


def shape_names(family: str, zero: ZeroPart | None = None) -> tuple[str, ...]:
    """Names of the parameters of a family besides its mean; mostly none."""
    if zero is not None:
        return (*(f"{ZERO}{name}" for name in zero.names), *spread_names(zero.random))
    return (SHAPES[family].name,) if family in SHAPES else ()


def searched_shapes(solution: Solution) -> Array:
    """(s,) the numbers that were searched for `shape_names`: theta of the random terms of extra zeros comes last."""
    return np.concatenate([solution.extra.shapes, solution.extra.zero_theta])


def shown_shapes(solution: Solution, shapes: Array) -> Array:
    """Parameters, shape (..., s), under their names, from the numbers that are searched."""
    zero = solution.design.zero
    if zero is not None:
        s = len(zero.names)
        fixed = shapes[..., :s] @ zero.turn.T
        if not zero.random:
            return fixed
        own = np.apply_along_axis(lambda theta: np.array(spreads(zero.random, theta)), -1, shapes[..., s:])
        return np.concatenate([fixed, own], axis=-1)
    value = SHAPES[solution.family].value if solution.family in SHAPES else float
    return np.vectorize(value, otypes=[np.float64])(shapes)


def dispersion(solution: Solution) -> float | None:
    """theta of a negative binomial fit, infinite where it is Poisson; None for other families."""
    if solution.family != "nbinom2":
        return None
    t = float(solution.extra.shapes[0])
    return 1.0 / t**2 if t else np.inf


def zero_probability(solution: Solution, columns: Array | None = None, offset: Array | float = 0.0) -> Any:
    """Probability of an extra zero, 0 for families without one. Where it has predictors (rows,) of the rows of the
    design at the modes of its random effects, or of rows with these `columns` of predictors and offset."""
    if solution.family != "zip":
        return 0.0
    zero, shapes = solution.design.zero, solution.extra.shapes
    if zero is None:
        return SHAPES["zip"].value(float(shapes[0]))
    if columns is None:
        columns, offset = zero.X, zero.offset
        for term, (mode, _) in zip(zero.random, solution.extra.zero_modes, strict=True):
            offset = offset + np.einsum("ij,ij->i", term.Z, mode[term.codes])
    return expit(columns @ (shapes @ zero.turn.T) + offset)


def expect_extra_zeros(
    columns: dict[str, Any], L: Array, solution: Solution, zero_columns: Array | None = None,
    zero_offset: Array | float = 0.0,
) -> None:  # fmt: skip
    """Makes linear functions L beta, logarithms of counts that are no extra zeros, those of expected counts, with the
    uncertainty of the probability of an extra zero in standard error and limits. `zero_columns` are the predictors of
    extra zeros of the same rows, where there are any; random effects of extra zeros count as zero."""
    extra, zero = solution.extra, solution.design.zero
    share = 1.0 - zero_probability(solution, zero_columns, zero_offset)
    if np.all(share == 1.0):
        return
    if zero is None:
        slope = np.full((1, 1), -2.0 * float(extra.shapes[0]) * share)  # of log(share) in t
    else:
        assert zero_columns is not None
        slope = (share - 1.0)[:, None] * (zero_columns @ zero.turn)
    s = len(extra.shapes)
    added = np.einsum("ij,jk,ik->i", slope, extra.shapes_cov[:, :s], slope)
    added = added + 2.0 * np.einsum(
        "ij,jk,ik->i", np.broadcast_to(slope, (len(L), s)), extra.shapes_cov[:, s:], L
    )
    wider = np.sqrt(1.0 + added / columns["std_error"] ** 2)
    middle = columns["estimate"]
    for name in ("conf_low", "conf_high"):
        columns[name] = middle + (columns[name] - middle) * wider + np.log(share)
    columns["estimate"], columns["std_error"] = middle + np.log(share), columns["std_error"] * wider


def log_dispersion_table(solution: Solution, conf_level: float) -> pd.DataFrame:
    """One row: term, estimate, std_error, conf_low, conf_high of log(theta); no row for other families."""
    return _table(solution, "nbinom2", "log(theta)", -2.0, conf_level)


def zero_inflation_table(solution: Solution, conf_level: float) -> pd.DataFrame:
    """The logit of the probability of an extra zero with statistic and p_value: one row "(Intercept)", or a row for
    each coefficient of its formula; no row for other families."""
    zero = solution.design.zero
    if zero is None:
        table = _table(solution, "zip", "(Intercept)", 2.0, conf_level)
    else:
        s = len(zero.names)
        variance = np.diag(zero.turn @ solution.extra.shapes_cov[:, :s] @ zero.turn.T)
        with np.errstate(invalid="ignore"):
            estimate = solution.extra.shapes @ zero.turn.T
            table = _limits(list(zero.names), estimate, np.sqrt(variance), conf_level)
    statistic = table["estimate"] / table["std_error"]
    table.insert(3, "statistic", statistic)
    table.insert(4, "p_value", two_sided_p(statistic.to_numpy(), np.full(len(table), np.inf)))
    return table


def _table(solution: Solution, family: str, term: str, power: float, conf_level: float) -> pd.DataFrame:
    """log(t^power) with its limits; without standard error at the edge."""
    found = solution.family == family
    t = solution.extra.shapes if found else np.zeros(0)
    se = np.sqrt(np.diag(solution.extra.shapes_cov[:, : len(t)]))
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, std_error = power * np.log(t), abs(power) * np.where(t > 0, se, np.nan) / t
    return _limits([term] * len(t), estimate, std_error, conf_level)


def _limits(terms: list[str], estimate: Array, std_error: Array, conf_level: float) -> pd.DataFrame:
    check_conf_level(conf_level)
    half = ndtri(0.5 + conf_level / 2) * std_error
    return pd.DataFrame(
        {
            "term": terms, "estimate": estimate, "std_error": std_error,
            "conf_low": estimate - half, "conf_high": estimate + half,
        }
    )  # fmt: skip


def edge_notes(solution: Solution) -> tuple[str, ...]:
    """A sentence where a parameter stands at the edge of its range; () elsewhere, and for families without such a
    parameter (`SHAPES`)."""
    roots = solution.family in SHAPES and solution.design.zero is None
    at_edge = roots and solution.extra.shapes[0] == 0.0
    return (SHAPES[solution.family].edge,) if at_edge else ()
