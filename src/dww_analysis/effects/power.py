"""Power before there are data: the standard error of the planned contrast by generalised least squares on cell means.

Everything is in standard deviations of one answer: icc is the correlation of two persons of a team at one wave, cac
what is left of it between two waves, iac the correlation of one person with itself at another wave beyond that
(Hooper, Teerenstra, de Hoop & Eldridge 2016; Hussey & Hughes 2007 is cac = 1, iac = 0). Unequal teams count by the
coefficient of variation of their size (Eldridge, Ashby & Kerry 2006). Where organisations are drawn, `teams` are these.
Where persons are drawn within teams, what a team has in common falls out of the contrast.
Of a share of persons who say yes an effect is a difference of shares, and one answer has the SD of the mean of the two
shares (Hussey & Hughes 2007): icc, cac and iac are those of answers 0 and 1. Of a rate it is a difference of counts
per person and wave, and the correlations are those of counts (`power_units`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dww_analysis.domain.answer import ENOUGH_POWER
from dww_analysis.effects.power_units import OutcomeUnit
from dww_analysis.effects.sizes import power_of_test
from dww_analysis.errors import PlanError, Problem, amount, raise_all

Array = NDArray[Any]
MOST = 1000  # teams that are looked for


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of a trial. Shares and correlations lie between 0 and 1, the effect is in SD, or a difference of
    shares where `share` is given, of rates where `rate` is."""

    design: str  # one of LAYOUTS
    teams: int  # or organisations, where `unit` is that
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
    unit: str = "team"  # what is drawn: one of UNITS
    transition_waves: int = 0  # first waves after a start of a stepped wedge, whose answers do not count
    share: float | None = None  # of persons who say yes without the effect; None: the outcome is no yes or no
    rate: float | None = None  # counts per person and wave without the effect; None: the outcome is no count
    dispersion: float = 1.0  # variance of a count within a team, as a multiple of its mean


@dataclass(frozen=True)
class Layout:
    """Indicators of effects (teams, waves, k), the contrast of them (k,), the df of its test, and where the contrast is
    one of waves that of their means (waves,)."""

    effects: Array
    contrast: Array
    df: int
    of_waves: Array | None = None
    seen: Array | None = None  # (teams, waves), which cells count; None: all


def power_of(assumed: Assumptions) -> dict[str, float]:
    """std_error, df, power and smallest_effect of one trial, and of rates between_cv."""
    refuse_impossible(assumed)
    unit = OutcomeUnit(assumed.share, assumed.rate, assumed.effect, assumed.icc, assumed.dispersion)
    left = 1 - assumed.covariate_r**2
    if assumed.unit == "person":
        left, assumed = left * (1 - assumed.icc), one_by_one(assumed)
    layout = LAYOUTS[assumed.design](assumed)
    covariance = cell_covariance(assumed)
    variance = effect_variance(layout.effects, covariance, layout.contrast, layout.of_waves, layout.seen)
    in_sd = float(np.sqrt(variance * left))
    std_error = in_sd * unit.sd
    return {
        "std_error": std_error,
        "df": layout.df,
        "power": power_of_test(assumed.effect, std_error, layout.df, assumed.alpha),
        "smallest_effect": unit.difference(smallest_effect(in_sd, layout.df, assumed.alpha)),
        "between_cv": unit.between_cv,
    }


def one_by_one(assumed: Assumptions) -> Assumptions:
    """Every person a unit of its own; the SD is that of persons of one team."""
    return replace(assumed, teams=assumed.teams * assumed.persons, persons=1, icc=0.0, cv=0.0)


def smallest_effect(std_error: float, df: float, alpha: float = 0.05, goal: float = ENOUGH_POWER) -> float:
    """The effect that is found with power `goal`: (t at 1 - alpha / 2 + t at the goal) times the standard error."""
    return float((stats.t.isf(alpha / 2, df) + stats.t.ppf(goal, df)) * std_error)


def teams_needed(assumed: Assumptions, goal: float = ENOUGH_POWER) -> int | None:
    """The fewest teams, equal in arms or at starts, that find the effect with power `goal`; None above MOST."""
    step = {"stepped_wedge": assumed.waves - 1, "waves_only": 1}.get(assumed.design, 2)
    first = step * math.ceil(least_teams(assumed) / step)
    for teams in range(first, MOST + 1, step):
        if power_of(replace(assumed, teams=teams))["power"] >= goal:
            return teams
    return None


def cell_covariance(assumed: Assumptions) -> Array:
    """Covariance of the means of one team over waves, shape (waves, waves), in squared SD of one answer."""
    n = persons_by_wave(assumed)
    same = np.eye(assumed.waves)
    between = assumed.icc * (1 + assumed.cv**2) * (assumed.cac + (1 - assumed.cac) * same)
    both = np.minimum(n[:, None], n[None, :])  # persons who left do not come back
    within = (1 - assumed.icc) * (assumed.iac + (1 - assumed.iac) * same) * both / np.outer(n, n)
    found: Array = between + within
    return found


def persons_by_wave(assumed: Assumptions) -> Array:
    """Persons of a team who answer, shape (waves,); with one wave those who are left."""
    lost = np.linspace(0, 1, assumed.waves) if assumed.waves > 1 else np.ones(1)
    n: Array = assumed.persons * (1 - assumed.dropout * lost)
    return n


def effect_variance(
    effects: Array,
    covariance: Array,
    contrast: Array,
    of_waves: Array | None = None,
    seen: Array | None = None,
) -> float:
    """Variance of a contrast of effects, waves as categories.

    effects: shape (units, waves, k); covariance: (waves, waves), one for all units; contrast: (k,); of_waves: (waves,),
    what the contrast takes of the means of the waves, else nothing; seen: (units, waves), which cells there are, else
    all. Infinite where the design cannot tell the effects from the waves.
    """
    waves, k = effects.shape[1:]
    there = np.ones(effects.shape[:2], dtype=bool) if seen is None else seen.astype(bool)
    information = np.zeros((waves + k, waves + k))
    kinds, numbers = np.unique(np.dstack([effects, there]), axis=0, return_counts=True)
    for unit, number in zip(kinds, numbers, strict=True):
        rows = unit[:, -1] == 1
        X = np.column_stack([np.eye(waves), unit[:, :-1]])[rows]
        information += number * (X.T @ np.linalg.inv(covariance[np.ix_(rows, rows)]) @ X)
    if np.linalg.matrix_rank(information) < waves + k:
        return np.inf
    c = np.concatenate([np.zeros(waves) if of_waves is None else of_waves, contrast])
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
    """As many teams start at every wave after the first; the planned contrast is the mean over exposure times after the
    transition.

    df: cells minus teams, waves and effects, which is less than Kenward-Roger usually gives.
    """
    treated = wedge(assumed.teams, assumed.waves)
    exposure = treated.cumsum(axis=1)
    times = range(1 + assumed.transition_waves, assumed.waves)
    seen = (exposure == 0) | (exposure > assumed.transition_waves)
    effects = np.stack([exposure == k for k in times], axis=2).astype(float)
    df = int(seen.sum()) - assumed.teams - assumed.waves - len(times) + 1
    return Layout(effects, np.full(len(times), 1 / len(times)), df, seen=seen)


def _before_after(assumed: Assumptions) -> Layout:
    """Half of the teams began by choice, so that groups differ at the first wave too: the difference of changes from
    the first to the last wave."""
    treated = (np.arange(assumed.teams) % 2 == 1).astype(float)
    waves = np.eye(assumed.waves)
    effects = treated[:, None, None] * np.stack([np.ones(assumed.waves), *waves[1:]], axis=1)
    return Layout(effects, np.eye(assumed.waves)[-1], assumed.teams - 2)


def _waves_only(assumed: Assumptions) -> Layout:
    """Nobody to compare with: the change from the first to the last wave."""
    change = np.eye(assumed.waves)[-1] - np.eye(assumed.waves)[0]
    nothing = np.zeros((assumed.teams, assumed.waves, 0))
    return Layout(nothing, np.zeros(0), assumed.teams - 1, of_waves=change)


def wedge(teams: int, waves: int) -> Array:
    """1 from the start on, shape (teams, waves); starts spread evenly over the waves after the first."""
    starts = 1 + np.arange(teams) * (waves - 1) // teams
    found: Array = (np.arange(waves)[None, :] >= starts[:, None]).astype(int)
    return found


LAYOUTS: Mapping[str, Callable[[Assumptions], Layout]] = {
    "parallel_cluster": _parallel,
    "stepped_wedge": _stepped,
    "before_after": _before_after,
    "waves_only": _waves_only,
}
UNITS = ("person", "team", "organisation")
FEWEST_WAVES = {"parallel_cluster": 1, "stepped_wedge": 3, "before_after": 2, "waves_only": 2}


def least_teams(assumed: Assumptions) -> int:
    """The fewest teams that leave a df to the test and, in a wedge, a team for every start."""
    if assumed.unit == "person":  # four persons, or one more than leaves no df within strata
        return math.ceil((assumed.strata + 3) / assumed.persons)
    starts = max(assumed.waves - 1, 3)
    return {"stepped_wedge": starts, "before_after": 4, "waves_only": 2}.get(
        assumed.design, max(assumed.strata, 1) + 2
    )


def refuse_impossible(assumed: Assumptions) -> None:
    wrong = _not_numbers(assumed) or [*_out_of_bounds(assumed), *_no_trial(assumed)]
    action = "correct power.yaml or the options of `dww power`"
    raise_all(
        [
            Problem(found=found, where="assumptions of the power", expected=expected, action=action)
            for found, expected in wrong
        ],
        PlanError,
    )


def _not_numbers(a: Assumptions) -> list[tuple[str, str]]:
    """(found, expected) of what nothing else can be asked of: an unknown design, a number that is none."""
    if a.design not in LAYOUTS:
        return [(f"design `{a.design}`", " or ".join(LAYOUTS))]
    if a.unit not in UNITS:
        return [(f"unit `{a.unit}`", " or ".join(UNITS))]
    numbers = [
        f.name for f in fields(a) if getattr(a, f.name) is not None and f.name not in ("design", "unit")
    ]
    return [(f"{n} {getattr(a, n)}", "a number") for n in numbers if not np.isfinite(getattr(a, n))]


def _out_of_bounds(a: Assumptions) -> Iterator[tuple[str, str]]:
    for name in ("cac", "iac"):
        if not 0 <= getattr(a, name) <= 1:
            yield f"{name} {getattr(a, name)}", "a number from 0 to 1"
    for name in ("icc", "dropout", "covariate_r"):
        if not 0 <= getattr(a, name) < 1:
            yield f"{name} {getattr(a, name)}", "a number from 0 to below 1"
    if a.iac == 1 and a.waves > 1:
        yield "iac 1 with more than one wave", "below 1: a person's answers are never the same at all waves"
    if a.cv < 0:
        yield f"cv {a.cv}", "0 or more"
    if a.persons < 1:
        yield f"persons {a.persons}", "1 or more"
    if a.effect == 0:
        yield "effect 0", "an effect in standard deviations, or a difference of shares or rates, other than 0"
    if a.share is not None and not 0 < a.share < 1:
        yield f"share {a.share}", "a number between 0 and 1"
    elif a.share is not None and not 0 < a.share + a.effect < 1:
        yield (
            f"effect {a.effect} on a share of {a.share}",
            "a difference of shares that leads to one between 0 and 1",
        )
    yield from _no_rates(a)
    if not 0 < a.alpha < 1:
        yield f"alpha {a.alpha}", "a number between 0 and 1"


def _no_rates(a: Assumptions) -> Iterator[tuple[str, str]]:
    if a.rate is None:
        return
    if a.share is not None:
        yield f"share {a.share} and rate {a.rate}", "one of the two: yes or no, or a count"
    if a.rate <= 0:
        yield f"rate {a.rate}", "a number above 0"
    elif a.rate + a.effect <= 0:
        yield f"effect {a.effect} on a rate of {a.rate}", "a difference of rates that leads to one above 0"
    if a.dispersion < 1:
        yield f"dispersion {a.dispersion}", "1 (Poisson) or more"
    elif a.waves > 1 and a.iac > 1 - 1 / a.dispersion:
        most = 1 - 1 / a.dispersion
        yield (
            f"iac {a.iac} of counts with dispersion {a.dispersion}",
            f"at most {most:.3g}, or more dispersion: what a person's counts have in common is beyond chance",
        )


def _no_trial(a: Assumptions) -> Iterator[tuple[str, str]]:
    if a.design != "parallel_cluster" and a.strata != 1:
        yield f"strata {a.strata}", f"1 for {a.design}: no arms are drawn within groups"
    elif a.strata < 1:
        yield f"strata {a.strata}", "1 or more"
    if a.transition_waves and a.design != "stepped_wedge":
        yield f"transition_waves {a.transition_waves}", f"0 for {a.design}: it has no starts of units"
    elif a.transition_waves < 0:
        yield f"transition_waves {a.transition_waves}", "0 or more"
    fewest = FEWEST_WAVES[a.design] + max(a.transition_waves, 0)
    if a.waves < fewest:
        beside = f" with {a.transition_waves} in transition" if a.transition_waves else ""
        yield amount(a.waves, "wave", "waves"), f"at least {fewest} for {a.design}{beside}"
    elif a.unit == "person" and (a.design != "parallel_cluster" or a.teams * a.persons < a.strata + 3):
        persons = amount(a.teams * a.persons, "person", "persons")
        yield f"{persons} of {a.design}", "parallel_cluster, and four persons or more"
    elif a.teams < least_teams(a):
        unit = "organisation" if a.unit == "organisation" else "team"
        yield (
            amount(a.teams, unit, f"{unit}s"),
            f"at least {least_teams(a)} for {a.design} with these waves and strata",
        )
