"""Power by trials: answers are drawn as assumed, analysed by the mixed model of these components, and counted.

What the formula of `power` takes for known is estimated here: the components, and with them the df (Kenward-Roger).
Whole persons come and go, and teams differ in size, where the formula has means. Numbers only, no shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from dww_analysis.effects.power import (
    LAYOUTS,
    Assumptions,
    Layout,
    one_by_one,
    persons_by_wave,
    refuse_impossible,
)
from dww_analysis.errors import PlanError
from dww_analysis.multilevel.errors import MultilevelError
from dww_analysis.parts import Part

Array = NDArray[Any]
PORTION = 500  # trials that are one part
COLUMNS = ("trials", "power_in_trials", "error_of_trials")


@dataclass(frozen=True)
class Tries:
    """How many trials of each combination, and the seed that they hang on."""

    trials: int
    seed: int = 1

    def parts(self, name: str, assumed: Assumptions) -> dict[str, Part]:
        """The p values of the trials of one combination, a part for every PORTION of them."""
        numbers = {first: min(PORTION, self.trials - first) for first in self._firsts}
        return {
            self._part(name, at): partial(p_values, assumed, n, self.seed, at) for at, n in numbers.items()
        }

    def row(self, name: str, assumed: Assumptions, done: Mapping[str, Array]) -> dict[str, float]:
        """COLUMNS of one combination: the share of trials that find the effect, a trial without a result being one
        that does not, and the standard error of that share."""
        p = np.concatenate([done[self._part(name, first)] for first in self._firsts])
        found = float(np.mean(p < assumed.alpha))
        error = (found * (1 - found) / self.trials) ** 0.5
        return dict(zip(COLUMNS, (self.trials, found, error), strict=True))

    @property
    def _firsts(self) -> range:
        return range(0, self.trials, PORTION)

    def _part(self, name: str, first: int) -> str:
        return f"{name} from {first}"


def p_values(assumed: Assumptions, n: int, seed: int, first: int = 0) -> Array:
    """Of n trials from number `first` on, shape (n,): two-sided, Kenward-Roger, of the planned contrast; NaN where a
    trial has no result. A trial hangs on the seed and its number. PlanError for what no trial can be, and where this
    model cannot be fitted to it."""
    from dww_analysis.multilevel.trials import run_trials

    refuse_impossible(assumed)
    alone = assumed.unit == "person"
    layout = LAYOUTS[assumed.design](one_by_one(assumed) if alone else assumed)
    variances = components(assumed)
    sigma = variances.pop("residual") ** 0.5
    found = _template(trial_rows(assumed, layout), list(variances))
    theta = [variances[term.group] ** 0.5 / sigma for term in found.solution.design.random]
    of_waves = np.zeros(assumed.waves) if layout.of_waves is None else layout.of_waves
    contrast = np.concatenate([of_waves, layout.contrast])
    beta = contrast * assumed.effect / (contrast @ contrast)
    tried = run_trials(
        found, n, seed, contrast, first=first, df="kenward-roger", beta=beta, theta=theta, sigma=sigma
    )
    p: Array = tried.refits.p_value[:, 0]
    return p


def _template(frame: pd.DataFrame, groups: list[str]) -> Any:
    """The model at these rows, of any answers: those of trials take their place."""
    from dww_analysis.multilevel import fit

    fixed = " + ".join(column for column in frame if column not in ("team", "cell", "person"))
    frame["y"] = np.random.default_rng(0).standard_normal(len(frame))
    try:
        return fit(f"y ~ 0 + {fixed} + {' + '.join(f'(1 | {group})' for group in groups)}", frame)
    except MultilevelError as error:
        raise PlanError.of(
            found=f"trials of this size cannot be analysed by the mixed model: {error}",
            where="assumptions of the power",
            expected="teams with several persons, or several waves",
            action="change them, or leave `trials` out: the formula needs no fit",
        ) from error


def components(assumed: Assumptions) -> dict[str, float]:
    """Variance of team, cell (a team at a wave), person and residual, in squared SD of one answer and beyond a
    covariate; those that are nothing are left out, but for team and residual."""
    within, several = 1 - assumed.icc, assumed.waves > 1
    cac, iac = (assumed.cac, assumed.iac) if several else (1.0, 0.0)
    found = {
        "team": assumed.icc * cac,
        "cell": assumed.icc * (1 - cac),
        "person": within * iac,
        "residual": within * (1 - iac),
    }
    left = 1 - assumed.covariate_r**2
    return {name: v * left for name, v in found.items() if v > 0 or name in ("team", "residual")}


def trial_rows(assumed: Assumptions, layout: Layout) -> pd.DataFrame:
    """A row for each answer: team, cell, person, and columns of 0 and 1 for waves (w0, ...) and effects (e0, ...)."""
    team, person, wave = np.array(list(_answers(assumed))).T
    everyone = team * (person.max() + 1) + person
    unit = team * assumed.persons + person if assumed.unit == "person" else team
    frame = pd.DataFrame({"team": team, "cell": team * assumed.waves + wave, "person": everyone})
    for k in range(assumed.waves):
        frame[f"w{k}"] = (wave == k).astype(float)
    for k in range(layout.effects.shape[2]):
        frame[f"e{k}"] = layout.effects[unit, wave, k].astype(float)
    counts = np.ones(len(frame), dtype=bool) if layout.seen is None else layout.seen[unit, wave].astype(bool)
    return frame[counts].reset_index(drop=True)


def _answers(assumed: Assumptions) -> list[tuple[int, int, int]]:
    """(team, person, wave) of all that is answered; those who are lost do not come back."""
    stay = persons_by_wave(assumed) / assumed.persons
    return [
        (team, person, wave)
        for team, size in enumerate(team_sizes(assumed))
        for wave, share in enumerate(stay)
        for person in range(max(1, int(size * share + 0.5)))
    ]


def team_sizes(assumed: Assumptions) -> Array:
    """Persons at the first wave, shape (teams,): quantiles of a normal distribution, at least one, in an order that
    goes with no arm."""
    if assumed.unit == "person" or assumed.cv == 0:
        return np.full(assumed.teams, assumed.persons)
    z = stats.norm.ppf((np.arange(assumed.teams) + 0.5) / assumed.teams)
    sizes = np.maximum(1, np.rint(assumed.persons * (1 + assumed.cv * z / z.std()))).astype(int)
    mixed: Array = np.random.default_rng(0).permutation(sizes)
    return mixed
