"""Two groups of units that were not formed by lot, weighted until they are alike in what was measured before.

One row a unit that was allocated. The propensity is a logistic regression of being treated on covariates of units;
overlap weights are 1 - propensity for treated units and the propensity for others. They make the weighted means of
every covariate in the propensity equal (an identity of logistic maximum likelihood; Li, Morgan & Zaslavsky 2018, J Am
Stat Assoc 113, 390-400), and answer for units that could have been in either group. The answer is weighted least
squares of the units' mean change with CR2, alone and with the covariates again, weights taken as known.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.plan import ONE_COVARIATE_BELOW
from dww_analysis.errors import FitError

Array = NDArray[np.float64]
WEIGHED = ("overlap weights", "overlap weights and covariates")
ANSWERS = ("unweighted", *WEIGHED)
NUMBERS = ("estimate", "std_error", "statistic", "df", "df_method", "p_value", "conf_low", "conf_high")


@dataclass(frozen=True, eq=False)
class Overlap:
    """What weighting gave.

    units: the given rows with `propensity` and `weight`; balance: covariate, smd_before, smd_after; answers: answer and
    the numbers of a coefficient (difference of mean change, treated minus others), one row for each of ANSWERS;
    effective: effective number of units of each group, (sum w)^2 / sum w^2; support: lowest and highest propensity of
    each group. Groups are True (treated) and False.
    """

    units: pd.DataFrame
    balance: pd.DataFrame
    answers: pd.DataFrame
    effective: Mapping[bool, float]
    support: Mapping[bool, tuple[float, float]]


def overlap(
    units: pd.DataFrame, covariates: Sequence[str], conf_level: float = 0.95, *, cluster: str = "unit"
) -> Overlap:
    """Weigh units and compare their change.

    units: one row a unit with `unit`, `treated` (bool), `change` (mean change of its persons, in the outcome's unit)
    and the covariates (numbers), all complete; cluster: the column of independent clusters, units themselves or what
    they lie in. FitError where the groups are too few for so many covariates, or do not overlap at all.
    """
    names = list(covariates)
    require_groups(units, names)
    propensity = _propensity(units[names].to_numpy(dtype="float64"), units["treated"].to_numpy(dtype=bool))
    treated = units["treated"].to_numpy(dtype=bool)
    weight = np.where(treated, 1 - propensity, propensity)
    weighed = units.assign(propensity=propensity, weight=weight)
    return Overlap(
        weighed,
        _balance(weighed, names),
        _answers(weighed, names, cluster, conf_level),
        {
            arm: float(w.sum() ** 2 / (w**2).sum())
            for arm, w in ((a, weight[treated == a]) for a in (True, False))
        },
        {
            a: (float(propensity[treated == a].min()), float(propensity[treated == a].max()))
            for a in (True, False)
        },
    )


def e_value(standardised: float, limit: float) -> tuple[float, float]:
    """How strongly something unmeasured must go with group and outcome (as risk ratios) to explain an answer away.

    standardised: the difference in SDs; limit: the end of its interval nearest zero. Returns the E-values of the two;
    1 where the interval holds zero (VanderWeele & Ding 2017, Ann Intern Med 167, 268-274; RR = exp(.91 d)).
    """
    ratio = float(np.exp(0.91 * abs(standardised)))
    at_limit = float(np.exp(0.91 * abs(limit))) if standardised * limit > 0 else 1.0
    return _e(ratio), _e(at_limit)


def _e(ratio: float) -> float:
    return ratio + float(np.sqrt(ratio * (ratio - 1)))


def require_groups(units: pd.DataFrame, names: Sequence[str]) -> None:
    """FitError for groups of too few units for these covariates. units: treated (bool), a row a unit."""
    sizes = units["treated"].value_counts()
    fewest = int(sizes.min()) if len(sizes) == 2 else 0
    most = 1 if fewest < ONE_COVARIATE_BELOW else max(1, (fewest - 1) // 2)
    if fewest > 2 and len(names) <= most:
        return
    raise FitError.of(
        found=f"{len(names)} covariates for a smallest group of {fewest} units",
        where="plan.yaml, `propensity`",
        expected=f"three or more units in each group, and with {fewest} units at most {most} covariate(s)",
        action="name fewer covariates: those that went with the choice and with the outcome; with so few units balance "
        "cannot be had in more",
    )


def _propensity(X: Array, treated: NDArray[np.bool_]) -> Array:
    """Chance of being treated by logistic regression on standardised covariates. FitError where groups are apart."""
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationError, PerfectSeparationWarning

    spread = X.std(axis=0)
    if (spread == 0).any():
        raise FitError.of(
            found="a covariate that is the same for every unit",
            where="plan.yaml, `propensity`",
            expected="covariates in which units differ",
            action="leave it out",
        )
    design = sm.add_constant((X - X.mean(axis=0)) / spread, has_constant="add")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PerfectSeparationWarning)
            fit = sm.GLM(treated.astype("float64"), design, family=sm.families.Binomial()).fit(
                tol=1e-14, maxiter=200
            )
    except (PerfectSeparationError, PerfectSeparationWarning) as error:
        raise _apart() from error
    chance = np.asarray(fit.predict(design), dtype="float64")
    if not fit.converged or min(chance.min(), 1 - chance.max()) < 1e-6:
        raise _apart()
    return chance


def _apart() -> FitError:
    return FitError.of(
        found="groups that the covariates tell apart without error: no unit of one could have been in the other",
        where="plan.yaml, `propensity`",
        expected="groups that overlap in what was measured before",
        action="compare other units, or tell the change of each group without comparing them",
    )


def _balance(units: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Standardised differences before and after, both in the SD before (root of the mean variance of the groups)."""
    treated, weight = units["treated"].to_numpy(dtype=bool), units["weight"].to_numpy(dtype="float64")
    rows = []
    for name in names:
        x = units[name].to_numpy(dtype="float64")
        sd = np.sqrt((x[treated].var(ddof=1) + x[~treated].var(ddof=1)) / 2)
        after = np.average(x[treated], weights=weight[treated]) - np.average(
            x[~treated], weights=weight[~treated]
        )
        rows.append((name, (x[treated].mean() - x[~treated].mean()) / sd, after / sd))
    return pd.DataFrame(rows, columns=["covariate", "smd_before", "smd_after"])


def _answers(units: pd.DataFrame, names: Sequence[str], cluster: str, conf_level: float) -> pd.DataFrame:
    from dww_analysis.multilevel import fit_ols

    data = units.rename(columns={name: f"x{i}" for i, name in enumerate(names)}).assign(
        treated=units["treated"].astype("float64")
    )
    covariates = "".join(f" + x{i}" for i in range(len(names)))
    rows: list[dict[str, Any]] = []
    for answer, more, weights in zip(ANSWERS, ("", "", covariates), (None, "weight", "weight"), strict=True):
        fit = fit_ols(f"change ~ treated{more}", data, weights=weights)
        row = fit.robust(cluster, conf_level=conf_level, weights="sampling").set_index("term").loc["treated"]
        rows.append({"answer": answer, **{n: row[n] for n in NUMBERS}})
    return pd.DataFrame(rows)
