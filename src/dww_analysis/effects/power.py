"""Power before there are data: the standard error of the planned contrast by generalised least squares on cell means.

Everything is in standard deviations of one answer: icc is the correlation of two persons of a team at one wave, cac
what is left of it between two waves, iac the correlation of one person with itself at another wave beyond that
(Hooper, Teerenstra, de Hoop & Eldridge 2016; Hussey & Hughes 2007 is cac = 1, iac = 0). Unequal teams count by the
coefficient of variation of their size (Eldridge, Ashby & Kerry 2006).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from dww_analysis.errors import PlanError

Array = NDArray[Any]
GOAL = 0.80
MOST = 1000  # teams that are looked for
COLUMNS = (
    "design", "teams", "persons", "waves", "icc", "cac", "iac", "cv", "dropout", "covariate_r", "strata",
    "effect", "alpha", "std_error", "df", "power", "smallest_effect",
)  # fmt: skip


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of a trial. Shares and correlations lie between 0 and 1, the effect is in SD."""

    design: str  # parallel_cluster or stepped_wedge
    teams: int
    persons: int = 10  # a team has at the first wave
    waves: int = 2
    icc: float = 0.05
    cac: float = 0.8
    iac: float = 0.5
    cv: float = 0.0  # SD of team sizes, as a share of their mean
    dropout: float = 0.0  # share of persons lost at the last wave; as much is lost from each wave to the next
    covariate_r: float = 0.0  # correlation of a covariate with the outcome, within and between teams
    strata: int = 1  # groups of teams within which arms are drawn
    effect: float = 0.3
    alpha: float = 0.05


@dataclass(frozen=True)
class Layout:
    """Indicators of effects (teams, waves, k), the contrast of them (k,), and the df of its test."""

    effects: Array
    contrast: Array
    df: int


def power_table(assumed: Assumptions, varied: Mapping[str, list[Any]]) -> pd.DataFrame:
    """One row for every combination of the values in `varied` (COLUMNS): standard error, df, power, and the smallest
    effect that is found with a power of 80 %. PlanError for assumptions that no trial can meet."""
    rows = []
    for values in product(*varied.values()):
        one = replace(assumed, **dict(zip(varied, values, strict=True)))
        rows.append({**asdict(one), **power_of(one)})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def power_of(assumed: Assumptions) -> dict[str, float]:
    """std_error, df, power and smallest_effect of one trial."""
    _refuse_impossible(assumed)
    layout = LAYOUTS[assumed.design](assumed)
    variance = effect_variance(layout.effects, cell_covariance(assumed), layout.contrast)
    std_error = float(np.sqrt(variance * (1 - assumed.covariate_r**2)))
    return {
        "std_error": std_error,
        "df": layout.df,
        "power": power(assumed.effect, std_error, layout.df, assumed.alpha),
        "smallest_effect": smallest_effect(std_error, layout.df, assumed.alpha),
    }


def power(effect: float, std_error: float, df: float, alpha: float = 0.05) -> float:
    """Power of the two-sided t test (noncentral t); of the z test where df is infinite."""
    shift = abs(effect) / std_error
    if np.isinf(df):
        critical = stats.norm.isf(alpha / 2)
        return float(stats.norm.sf(critical - shift) + stats.norm.cdf(-critical - shift))
    critical = stats.t.isf(alpha / 2, df)
    other_side = np.nan_to_num(stats.nct.cdf(-critical, df, shift))  # too small to be computed far out
    return float(stats.nct.sf(critical, df, shift) + other_side)


def smallest_effect(std_error: float, df: float, alpha: float = 0.05, goal: float = GOAL) -> float:
    """The effect that is found with power `goal`: (t at 1 - alpha / 2 + t at the goal) times the standard error."""
    return float((stats.t.isf(alpha / 2, df) + stats.t.ppf(goal, df)) * std_error)


def teams_needed(assumed: Assumptions, goal: float = GOAL) -> int | None:
    """The fewest teams, equal in arms or at starts, that find the effect with power `goal`; None above MOST."""
    step = 2 if assumed.design == "parallel_cluster" else assumed.waves - 1
    for teams in range(step * (1 + assumed.strata), MOST + 1, step):
        if power_of(replace(assumed, teams=teams))["power"] >= goal:
            return teams
    return None


def cell_covariance(assumed: Assumptions) -> Array:
    """(waves, waves) covariance of the means of one team, in squared SD of one answer."""
    n = persons_by_wave(assumed)
    same = np.eye(assumed.waves)
    between = assumed.icc * (1 + assumed.cv**2) * (assumed.cac + (1 - assumed.cac) * same)
    both = np.minimum(n[:, None], n[None, :])  # persons who left do not come back
    within = (1 - assumed.icc) * (assumed.iac + (1 - assumed.iac) * same) * both / np.outer(n, n)
    found: Array = between + within
    return found


def persons_by_wave(assumed: Assumptions) -> Array:
    """(waves,) persons of a team who answer; with one wave those who are left."""
    lost = np.linspace(0, 1, assumed.waves) if assumed.waves > 1 else np.ones(1)
    n: Array = assumed.persons * (1 - assumed.dropout * lost)
    return n


def effect_variance(effects: Array, covariance: Array, contrast: Array) -> float:
    """Variance of a contrast of effects, waves as categories: effects (units, waves, k), one covariance for all units.

    inf where the design cannot tell the effects from the waves.
    """
    precision = np.linalg.inv(covariance)
    waves, k = effects.shape[1:]
    information = np.zeros((waves + k, waves + k))
    kinds, numbers = np.unique(effects, axis=0, return_counts=True)
    for unit, number in zip(kinds, numbers, strict=True):
        X = np.column_stack([np.eye(waves), unit])
        information += number * (X.T @ precision @ X)
    if np.linalg.matrix_rank(information) < waves + k:
        return np.inf
    c = np.concatenate([np.zeros(waves), contrast])
    return float(c @ np.linalg.solve(information, c))


def _parallel(assumed: Assumptions) -> Layout:
    """Half of the teams in each arm; a common mean at the first wave, then effects of which the last is planned."""
    treated = np.arange(assumed.teams) % 2 == 1
    later = range(min(1, assumed.waves - 1), assumed.waves)
    effects = np.zeros((assumed.teams, assumed.waves, len(later)))
    for k, wave in enumerate(later):
        effects[treated, wave, k] = 1
    contrast = np.eye(len(later))[-1]
    return Layout(effects, contrast, assumed.teams - 1 - assumed.strata)


def _stepped(assumed: Assumptions) -> Layout:
    """As many teams start at every wave after the first; the planned contrast is the mean over exposure times.

    df: cells minus teams, waves and effects, which is less than Kenward-Roger usually gives.
    """
    treated = wedge(assumed.teams, assumed.waves)
    exposure = treated.cumsum(axis=1)
    times = range(1, assumed.waves)
    effects = np.stack([exposure == k for k in times], axis=2).astype(float)
    df = assumed.teams * assumed.waves - assumed.teams - assumed.waves - len(times) + 1
    return Layout(effects, np.full(len(times), 1 / len(times)), df)


def wedge(teams: int, waves: int) -> Array:
    """(teams, waves) 1 from the start on; starts spread evenly over the waves after the first."""
    starts = 1 + np.arange(teams) * (waves - 1) // teams
    found: Array = (np.arange(waves)[None, :] >= starts[:, None]).astype(int)
    return found


LAYOUTS: Mapping[str, Callable[[Assumptions], Layout]] = {
    "parallel_cluster": _parallel,
    "stepped_wedge": _stepped,
}


def _refuse_impossible(assumed: Assumptions) -> None:
    wrong = _impossible(assumed)
    if wrong:
        found, expected = wrong
        raise PlanError.of(found, "assumptions of the power", expected, "correct the assumption")


def _impossible(a: Assumptions) -> tuple[str, str] | None:
    if a.design not in LAYOUTS:
        return f"design `{a.design}`", " or ".join(LAYOUTS)
    for name in ("icc", "cac", "iac", "dropout", "covariate_r"):
        if not 0 <= getattr(a, name) <= 1 or (
            name in ("icc", "dropout", "covariate_r") and getattr(a, name) == 1
        ):
            return (
                f"{name} {getattr(a, name)}",
                "a number from 0 to 1 (for icc, dropout and covariate_r below 1)",
            )
    if a.cv < 0 or a.persons < 1 or not np.isfinite(a.effect) or a.effect == 0 or not 0 < a.alpha < 1:
        return f"cv {a.cv}, persons {a.persons}, effect {a.effect}, alpha {a.alpha}", "possible values"
    least = a.strata + 2 if a.design == "parallel_cluster" else a.waves - 1
    if a.waves < (1 if a.design == "parallel_cluster" else 3) or a.teams < max(least, 2):
        return (
            f"{a.teams} teams and {a.waves} waves",
            f"enough of them for {a.design}, at least {least} teams",
        )
    return None
