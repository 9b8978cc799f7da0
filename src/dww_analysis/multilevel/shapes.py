"""Parameters of a distribution besides its mean, as a fit reports them: dispersion and extra zeros of counts.

A search knows each as a number t that is zero where the family is the Poisson distribution (`generalised.counts`).
Reported are those of glmmTMB: theta with variance mu + mu^2 / theta, and the logit of the probability of an extra zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from .inference.distributions import check_conf_level, two_sided_p
from .model import Array, Solution


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


def shape_names(family: str) -> tuple[str, ...]:
    """Names of the parameters of a family besides its mean; mostly none."""
    return (SHAPES[family].name,) if family in SHAPES else ()


def shape_value(family: str, t: float) -> float:
    """The parameter under its name, from the number that is searched."""
    return float(SHAPES[family].value(t))


def dispersion(solution: Solution) -> float | None:
    """theta of a negative binomial fit, infinite where it is Poisson; None for other families."""
    if solution.family != "nbinom2":
        return None
    t = float(solution.extra.shapes[0])
    return 1.0 / t**2 if t else np.inf


def zero_probability(solution: Solution) -> float:
    """Probability of an extra zero; 0 for families without one."""
    return shape_value("zip", float(solution.extra.shapes[0])) if solution.family == "zip" else 0.0


def expect_extra_zeros(columns: dict[str, Any], L: Array, solution: Solution) -> None:
    """Makes linear functions L beta, logarithms of counts that are no extra zeros, those of expected counts, with the
    uncertainty of the probability of an extra zero in standard error and limits."""
    share = 1.0 - zero_probability(solution)
    if share == 1.0:
        return
    extra, t = solution.extra, float(solution.extra.shapes[0])
    slope = -2.0 * t * share  # of log(share) in t
    added = slope**2 * extra.shapes_cov[0, 0] + 2.0 * slope * L @ extra.shapes_cov[0, 1:]
    wider = np.sqrt(1.0 + added / columns["std_error"] ** 2)
    middle = columns["estimate"]
    for name in ("conf_low", "conf_high"):
        columns[name] = middle + (columns[name] - middle) * wider + np.log(share)
    columns["estimate"], columns["std_error"] = middle + np.log(share), columns["std_error"] * wider


def log_dispersion_table(solution: Solution, conf_level: float) -> pd.DataFrame:
    """One row: term, estimate, std_error, conf_low, conf_high of log(theta); no row for other families."""
    return _table(solution, "nbinom2", "log(theta)", -2.0, conf_level)


def zero_inflation_table(solution: Solution, conf_level: float) -> pd.DataFrame:
    """One row "(Intercept)", on the logit scale, with statistic and p_value besides; no row for other families."""
    table = _table(solution, "zip", "(Intercept)", 2.0, conf_level)
    statistic = table["estimate"] / table["std_error"]
    table.insert(3, "statistic", statistic)
    table.insert(4, "p_value", two_sided_p(statistic.to_numpy(), np.full(len(table), np.inf)))
    return table


def _table(solution: Solution, family: str, term: str, power: float, conf_level: float) -> pd.DataFrame:
    """log(t^power) with its limits; without standard error at the edge."""
    check_conf_level(conf_level)
    found = solution.family == family
    t = solution.extra.shapes if found else np.zeros(0)
    se = np.sqrt(np.diag(solution.extra.shapes_cov[:, : len(t)]))
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, std_error = power * np.log(t), abs(power) * np.where(t > 0, se, np.nan) / t
    half = ndtri(0.5 + conf_level / 2) * std_error
    return pd.DataFrame(
        {
            "term": [term] * len(t), "estimate": estimate, "std_error": std_error,
            "conf_low": estimate - half, "conf_high": estimate + half,
        }
    )  # fmt: skip


def edge_notes(solution: Solution) -> tuple[str, ...]:
    """A sentence where a parameter stands at the edge of its range."""
    at_edge = solution.family in SHAPES and solution.extra.shapes[0] == 0.0
    return (SHAPES[solution.family].edge,) if at_edge else ()
