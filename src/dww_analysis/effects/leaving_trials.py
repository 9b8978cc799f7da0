"""The planned test of leaving at the study's own design, tried on invented trials.

Drawn is who leaves in which month: of the fitted hazards by month, with new effects of the units, over the months in
which each person could have been seen. Months in the records are kept as they are (late entry is not drawn), and so is
the end of whoever stayed or moved to another team. Of whoever left it is not known how long she would have been seen:
to the last month of the records, unless she would have moved before, which is drawn from how often others of her arm
moved in those months (conditional resampling: Hjort 1985; Davison & Hinkley 1997, section 3.5).

Rows end with the event, so that every trial has rows of its own. They are counted in cells of unit and month, which
have the likelihood of the single months (`hazard_cells`), and analysed as planned: months without leavers joined, the
same engine, t on the df of units; the difference of the units' risks beside it, which answers alone where hardly
anyone of an arm left. Trials in which too few persons left to be shown have no estimate, as in the study.

A true effect is a difference of risks over the follow-up, each unit counted once, averaged over the random effects; the
log hazard ratio that gives it is searched for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.analyses import BETWEEN_WITHIN, NORMAL, UNITS
from dww_analysis.effects.calibration import Tried, p_values
from dww_analysis.effects.component_ends import spread_ends
from dww_analysis.effects.counted import counted
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.hazard_cells import Cells, Drawn, Follow
from dww_analysis.effects.leaving import hazard_fit, months_of, risks_of, unit_risks
from dww_analysis.effects.share_trials import Compared, difference_of, least_squares
from dww_analysis.effects.shares import FEW, TREATED, arm_weights, unit_difference
from dww_analysis.effects.tries import PORTION, fitting
from dww_analysis.effects.true_effects import Effect, size_that_gives

Array = NDArray[Any]
EACH = 0.55  # milliseconds of one trial for each parameter; twice that with LARGE cells
LARGE = 1500
NODES = 40  # of Gauss-Hermite, for risks averaged over the random effects


@dataclass(frozen=True, eq=False)
class LeavingTest:
    """How trials of leaving are drawn and analysed. theta: (k,) SDs that are drawn with; units: as of `unit_risks`."""

    data: EntryData
    found: EntryFit
    follow: Follow
    cells: Cells
    units: pd.DataFrame
    theta: Array
    df: float
    method: str = BETWEEN_WITHIN
    each: int = PORTION

    def size_of(self, effect: Effect) -> float | None:
        return size_that_gives(self.difference, effect, self.data.scale.favourable() == "lower is better")

    def truth(self, size: float, method: str) -> float:
        """The log hazard ratio, and of the units' risks their difference."""
        return self.difference(size) if method == UNITS else size

    def difference(self, size: float) -> float:
        """Of the risks over the follow-up with and without a log hazard ratio, averaged over units and effects."""
        z, weights = np.polynomial.hermite_e.hermegauss(NODES)
        spread = float(np.sqrt(np.sum(self.theta**2)))
        whole = self.cells.whole_hazards[:, None] * np.exp(spread * z)
        stay = np.exp(-whole) - np.exp(-whole * np.exp(size))
        return float((stay @ weights).mean() / weights.sum())

    def some(self, size: float, seed: int, first: int, n: int) -> dict[str, Tried]:
        rngs = (np.random.default_rng([seed, number]) for number in range(first, first + n))
        return self.tried([self.cells.draw(self.follow, size, self.theta, rng) for rng in rngs], size)

    def tried(self, drawn: list[Drawn], size: float) -> dict[str, Tried]:
        """Trials drawn with a log hazard ratio, by each method."""
        risks = self._risks(drawn, size)
        least = max(1, self.data.study.min_cell_size)
        lost = ~np.isfinite(risks.p_value) | [trial.too_few(least) for trial in drawn]
        few = np.array([trial.left.min() < FEW for trial in drawn])
        fits = [None if skip else self._refit(trial) for trial, skip in zip(drawn, lost | few, strict=True)]
        lost |= [fit is None and not hardly for fit, hardly in zip(fits, few, strict=True)]
        hazards = np.array([(np.nan, np.nan, 0.0, 0.0) if fit is None else fit for fit in fits])
        of_units = Tried(
            np.where(lost, np.nan, risks.estimate - self.truth(size, UNITS)),
            np.where(lost, np.nan, risks.std_error),
            risks.df,
            converged=~lost,
            at_boundary=np.zeros(len(drawn), dtype=bool),
            p_value=np.where(lost, np.nan, risks.p_value),
            covered=risks.covered & ~lost,
        )
        return {
            BETWEEN_WITHIN: self._by(self.df, hazards, size, of_units, few),
            NORMAL: self._by(np.inf, hazards, size, of_units, few),
            UNITS: of_units,
        }

    def _by(self, df: float, hazards: Array, size: float, of_units: Tried, few: Array) -> Tried:
        """The test of the hazards on df, and of the risks where few of an arm left."""
        estimate, std_error, converged, at_boundary = hazards.T
        every, alpha = np.full(len(hazards), df), 1 - self.data.plan.conf_level
        covered = p_values(estimate - size, std_error, every) >= alpha
        assert of_units.p_value is not None and of_units.covered is not None  # as made above
        return Tried(
            estimate - size,
            std_error,
            every,
            np.where(few, of_units.converged, converged == 1.0),
            at_boundary == 1.0,
            p_value=np.where(few, of_units.p_value, p_values(estimate, std_error, every)),
            covered=np.where(few, of_units.covered, covered),
        )

    def _refit(self, trial: Drawn) -> tuple[float, float, float, float] | None:
        """Log hazard ratio, standard error, whether converged and whether at a boundary; None where it has no fit."""
        from dww_analysis.multilevel.errors import MultilevelError
        from dww_analysis.multilevel.generalised.trials import refitted

        try:
            design, psi, hessian = self.cells.problem(trial, self.curvature, self.place)
            fit = refitted(design, self.cells.family, psi, hessian)
        except (MultilevelError, np.linalg.LinAlgError):
            return None
        at = len(fit.theta) + design.x_names.index(self.cells.treated_name)
        std_error = float(np.sqrt(fit.covariance[at, at]))
        return float(fit.beta[at - len(fit.theta)]), std_error, fit.converged, (fit.theta == 0.0).any()

    @cached_property
    def place(self) -> Array:
        """(k + M + 1 + s,) where searches begin: fitted SDs, and the numbers that trials without effect come from."""
        return self.cells.place(self.found.fitted.solution.theta)

    @cached_property
    def curvature(self) -> Array:
        """Of the deviance at that place, for months at risk as they were."""
        from dww_analysis.multilevel.generalised.trials import curvature

        return curvature(self.cells.as_seen(self.follow), self.cells.family, self.place)

    @cached_property
    def _shares(self) -> tuple[Any, Array]:
        """Least squares of the units' risks as they were, and which units are treated (J,)."""
        return unit_difference(self.data, self.units).fitted, self.units[TREATED].to_numpy() == 1

    def _risks(self, drawn: list[Drawn], size: float) -> Compared:
        """The difference of the units' risks, for all trials at once; NaN where a unit has nobody after the start."""
        fitted, treated = self._shares
        S = np.array([trial.risks for trial in drawn])
        known = np.isfinite(S).all(axis=1)
        design, n = fitted.design, len(S)
        X = np.repeat(design.X[None], n, axis=0)
        arms = [np.repeat(arm_weights(self.units, fitted, a), n, axis=0) for a in (1.0, 0.0)]
        fit = least_squares(X, np.where(known[:, None], S, 0.0), design.x_names.index(TREATED), arms)
        found = difference_of(fit, treated, self.truth(size, UNITS), 1 - self.data.plan.conf_level)
        return replace(found, p_value=np.where(known, found.p_value, np.nan))

    def affordable(self, sets: int) -> int | None:
        """Fewer of more parameters, cells and random terms: it hangs on these alone."""
        random = (1 + len(self.theta)) / 2
        return fitting(EACH * random * len(self.place) * (1 + self.cells.number / LARGE), sets)

    def at_ends(self) -> Iterator[tuple[str, LeavingTest | None]]:
        for components, theta in spread_ends(self.data, self.found):
            other = None if theta is None else replace(self, theta=theta)
            yield components, other


def leaving_test(data: EntryData) -> LeavingTest | None:
    """How trials of an entry about leaving are made; None where there are no hazards to draw from, because hardly
    anyone of an arm left, or no df. REFUSALS where the entry cannot be estimated."""
    months = months_of(data)
    risks_of(data, months)
    if months.persons("left").min() < FEW:
        return None
    found = hazard_fit(data, months)
    inference = counted(found)
    if inference is None:
        return None
    units = unit_risks(months, data.study)
    cells = Cells.of(found, months, data.study.unit, units.index)
    df = float(inference.df(found.weights_of(found.model.planned))[0])
    theta = found.fitted.solution.theta
    return LeavingTest(data, found, Follow.of(months, cells), cells, units, theta, df)
