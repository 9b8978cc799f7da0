"""Reliability within and between teams: omega from a two-level one-factor model (Geldhof, Preacher & Zyphur 2014).

At each level omega = (sum of loadings)^2 psi / ((sum of loadings)^2 psi + sum of residual variances), with the
level's own loadings. Standard errors are by the delta method, intervals on the logit scale, which keeps them
between 0 and 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor.data import Answers, check_each_once, check_frame
from dww_analysis.factor.distributions import normal_quantile
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.result import FactorFit
from dww_analysis.factor.syntax import parse_model
from dww_analysis.factor.table import Choices
from dww_analysis.factor.threads import on_one_thread
from dww_analysis.factor.twolevel_fit import beside_models, fit_two_level

Array = NDArray[Any]
NAN = float("nan")
PATIENCE = 30  # steps of a search where teams may differ too little for a factor between them


@dataclass(frozen=True)
class TwoLevelOmega:
    """Level-specific reliability of a sum of k items answered by persons in teams."""

    within: float
    within_se: float
    within_low: float  # interval at `conf_level`
    within_high: float
    between: float
    between_se: float
    between_low: float
    between_high: float
    alpha_within: float  # from the saturated covariances of each level
    alpha_between: float
    icc: pd.Series  # by item: share of variance between teams
    log_likelihood: float
    n_obs: int
    n_clusters: int
    n_items: int
    equal_loadings: bool
    conf_level: float
    heywood: tuple[str, ...]
    warnings: tuple[str, ...]
    fit: FactorFit = field(repr=False)


def omega_two_level(
    items: pd.DataFrame,
    cluster: pd.Series | Array | str,
    *,
    equal_loadings: bool = False,
    conf_level: float = 0.95,
) -> TwoLevelOmega:
    """Omega within and between teams.

    items: one row a person, one column an item (three or more), reversed where needed. All answers count: a person who
        skipped items says what the others allow (maximum likelihood, valid when missing at random given the answers).
    cluster: team of each row (a column of `items` by name, a series or an array).
    equal_loadings: the factor loads alike at both levels.

    A level whose omega falls outside 0 to 1 gets no number but a sentence in `warnings`; a negative residual
    variance is said there and in `heywood`. Refuses what the two-level model refuses: too few teams, items
    constant within teams.
    """
    if not (isinstance(conf_level, Real) and 0 < conf_level < 1):
        raise FactorError.of(
            found=f"conf_level {conf_level}",
            where="omega within and between teams",
            expected="between 0 and 1",
            action="write 0.95",
        )
    data, names, team = _table(items, cluster)
    labels = [f"l{k + 1}*" if equal_loadings else "" for k in range(len(names))]
    loads = " + ".join(label + name for label, name in zip(labels, names, strict=True))
    original = dict(
        zip(names, items.columns.drop(cluster) if isinstance(cluster, str) else items.columns, strict=True)
    )
    with _in_own_names(original):
        fit_to = _door(f"level: 1\nfw =~ {loads}\nlevel: 2\nfb =~ {loads}", data, team)
    fit = _both_levels(loads, fit_to)
    said: list[str] = []
    if fit is None:
        fit = _within_only(loads, names, fit_to)
        said.append(
            "one factor between teams cannot be estimated; omega within rests on free covariances between teams"
        )
    said += [*fit.warnings, *_mixed_signs(fit)]
    within = _level(fit, 1, conf_level, said, "within")
    has_factor = bool(((fit.parameters["lhs"] == "fb") & (fit.parameters["op"] == "=~")).any())
    between = _level(fit, 2, conf_level, said, "between") if has_factor else (NAN, NAN, NAN, NAN)
    cov_w, cov_b = fit.levels[0]
    return TwoLevelOmega(
        *within,
        *between,
        alpha_within=_alpha(cov_w.to_numpy()),
        alpha_between=_alpha(cov_b.to_numpy()),
        icc=fit.icc.rename(index=original),
        log_likelihood=fit.log_likelihood,
        n_obs=fit.n_obs,
        n_clusters=fit.n_clusters or 0,
        n_items=len(names),
        equal_loadings=equal_loadings,
        conf_level=conf_level,
        heywood=tuple(_own_names(name, original) for name in fit.heywood),
        warnings=tuple(_own_names(sentence, original) for sentence in said),
        fit=fit,
    )


@contextmanager
def _in_own_names(original: Mapping[str, Any]) -> Iterator[None]:
    """Inside, a refusal names items as the caller does."""
    try:
        yield
    except FactorError as error:
        (problem,) = error.problems
        found, where = (_own_names(part, original) for part in (problem.found, problem.where))
        raise FactorError(replace(problem, found=found, where=where)) from error


def _own_names(text: str, original: Mapping[str, Any]) -> str:
    return re.sub(r"\bi\d+\b", lambda found: str(original.get(found.group(), found.group())), text)


def _mixed_signs(fit: FactorFit) -> list[str]:
    """Items that run against the others within teams; an omega over them says little."""
    rows = fit.parameters
    loadings = rows[(rows["op"] == "=~") & (rows["level"] == 1)].set_index("rhs")["standardised"]
    wrong = loadings.index[(loadings * loadings.sum() < 0).to_numpy()]
    return [f"{', '.join(wrong)} run against the other items: reverse them first"] if len(wrong) else []


@on_one_thread
def _door(text: str, data: pd.DataFrame, team: str) -> Callable[[str], FactorFit]:
    """What fits a model of the variables of this one; the models beside it are sought once for all."""
    given, choices = Answers(data, None, team, "fiml"), Choices(mean_structure=True)
    beside = beside_models(parse_model(text), given, choices, PATIENCE)

    @on_one_thread
    def fit(other: str) -> FactorFit:
        return fit_two_level(parse_model(other), given, choices, patience=PATIENCE, beside=beside)

    return fit


def _both_levels(loads: str, fit_to: Callable[[str], FactorFit]) -> FactorFit | None:
    """One factor at each level; nothing where one between teams has no estimate."""
    try:
        fit = fit_to(f"level: 1\nfw =~ {loads}\nlevel: 2\nfb =~ {loads}")
    except FactorError:  # parameters that these answers cannot tell apart
        return None
    return fit if fit.converged else None


def _within_only(loads: str, names: list[str], fit_to: Callable[[str], FactorFit]) -> FactorFit:
    """One factor within teams and free covariances between them, for when a factor between teams has no estimate."""
    free = "\n".join(f"{a} ~~ {' + '.join(names[k:])}" for k, a in enumerate(names))
    fit = fit_to(f"level: 1\nfw =~ {loads}\nlevel: 2\n{free}")
    if not fit.converged:
        raise FactorError.of(
            found="a two-level one-factor model that does not converge",
            where="omega within and between teams",
            expected="items with variance within and between teams",
            action="report omega without levels",
        )
    return fit


def _table(items: pd.DataFrame, cluster: pd.Series | Array | str) -> tuple[pd.DataFrame, list[str], str]:
    """Items under plain names beside their team, row by row."""
    check_frame(items, "omega within and between teams")
    check_each_once(items, items.columns)
    if isinstance(cluster, str):
        if cluster not in items.columns:
            raise FactorError.of(
                found=f"no column {cluster}",
                where="items",
                expected="the team of each row",
                action="pass cluster= as a series",
            )
        cluster, items = items[cluster], items.drop(columns=cluster)
    if items.shape[1] < 3:
        raise FactorError.of(
            found=f"{items.shape[1]} items",
            where="omega within and between teams",
            expected="three items or more, because two covary in one number and cannot carry two loadings",
            action="use the Spearman-Brown coefficient for two items",
        )
    teams = np.size(cluster)
    if teams != len(items):
        raise FactorError.of(
            found=f"{teams} teams for {len(items)} rows",
            where="omega within and between teams",
            expected="a team a row",
            action="align them",
        )
    if isinstance(cluster, pd.Series) and _same_index(cluster, items):
        team = cluster.reindex(items.index)
    else:
        team = pd.Series(np.asarray(cluster), index=items.index)
    names = [f"i{k + 1}" for k in range(items.shape[1])]
    data = items.set_axis(names, axis=1).assign(team_=team)
    return data, names, "team_"


def _same_index(cluster: pd.Series, items: pd.DataFrame) -> bool:
    return cluster.index.is_unique and set(cluster.index) == set(items.index)


def _level(
    fit: FactorFit, level: int, conf_level: float, said: list[str], word: str
) -> tuple[float, float, float, float]:
    """Omega, standard error and limits of a level; missing where they would mean nothing."""
    table = fit.parameters[fit.parameters["level"] == level].reset_index()
    factor = "fw" if level == 1 else "fb"
    loadings = table[table["op"] == "=~"]
    psi = table[(table["op"] == "~~") & (table["lhs"] == factor) & (table["rhs"] == factor)]
    residuals = table[(table["op"] == "~~") & (table["lhs"] == table["rhs"]) & (table["lhs"] != factor)]
    total = float(loadings["estimate"].sum())
    common, unique = total**2 * float(psi["estimate"].iloc[0]), float(residuals["estimate"].sum())
    omega = common / (common + unique)
    if float(psi["estimate"].iloc[0]) < 0 or not 0 <= omega <= 1:
        said.append(
            f"omega {word} teams is not given: the variances of that level are negative where they matter"
        )
        return NAN, NAN, NAN, NAN
    gradient = {int(k): 2 * total * float(psi["estimate"].iloc[0]) * unique for k in loadings["index"]}
    gradient[int(psi["index"].iloc[0])] = total**2 * unique
    gradient |= {int(k): -common for k in residuals["index"]}
    se = _delta(fit, gradient) / (common + unique) ** 2
    z = normal_quantile(0.5 + conf_level / 2)
    if not (0 < omega < 1 and np.isfinite(se)):
        return omega, NAN, NAN, NAN
    centre, half = np.log(omega / (1 - omega)), z * se / (omega * (1 - omega))
    low, high = 1 / (1 + np.exp(-(centre - half))), 1 / (1 + np.exp(-(centre + half)))
    return omega, se, float(low), float(high)


def _delta(fit: FactorFit, gradient: dict[int, float]) -> float:
    g = np.zeros(len(fit.theta))
    for row, slope in gradient.items():
        entry = fit.theta_of_row[row]
        if entry >= 0:
            g[entry] += slope
    return float(np.sqrt(g @ fit.covariance @ g))


def _alpha(cov: Array) -> float:
    """Alpha from a covariance matrix; missing where the total variance is not positive."""
    k, total = len(cov), float(cov.sum())
    return k / (k - 1) * (1 - float(np.trace(cov)) / total) if total > 0 else NAN
