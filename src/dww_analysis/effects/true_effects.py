"""From what trials of yes/no and counts are drawn: the fit without any effect, and the coefficients that give one.

A true effect is a difference of shares, or of counts (per period where the plan names one), between everybody with and
everybody without what is compared, averaged over the random effects (`standardised`); of units' shares each unit counts
once. The coefficient that gives this difference is searched for. What the planned estimate would be without any error,
the effect in its own unit (log odds, log risk, log rate), follows from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from dww_analysis.domain.outcomes import RISK_DIFFERENCE, RISK_RATIO, Summary
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.standardised import sides_of

Array = NDArray[Any]
Effect = tuple[
    float, bool
]  # a true effect in units of the outcome, and whether it is the smallest of interest
FARTHEST = 12.0  # a coefficient on the log odds or log scale beyond which no effect is sought


@dataclass(frozen=True, eq=False)
class Side:
    """Rows of fixed columns whose expected outcome is averaged. part: (rows,) of each, 1 together."""

    X: Array  # (rows, p)
    part: Array

    @classmethod
    def of(cls, X: Array, part: Array) -> Side:
        """The same with every row once."""
        rows, at = np.unique(X, axis=0, return_inverse=True)
        return cls(rows, np.bincount(at.reshape(-1), part, len(rows)))


@dataclass(frozen=True, eq=False)
class Origin:
    """What trials are drawn from. pairs: (sign, treated, not treated) of every column of the planned contrast."""

    found: EntryFit
    theta: Array  # (k,) the fitted SDs of the random effects, or others
    beta: Array  # (p,) without any effect
    shift: Array  # (p,) by which the planned contrast grows by one
    pairs: tuple[tuple[float, Side, Side], ...]

    @classmethod
    def of(cls, data: EntryData, found: EntryFit, units: pd.Index | None = None) -> Origin:
        """units: of allocation, where each counts once; None: answers count."""
        design, planned = found.fitted.design, found.model.planned
        effects = {name for target in found.model.targets for name in target.weights}
        beta = np.where([n in effects for n in design.x_names], 0.0, found.fitted.solution.beta)
        weights = found.weights_of(planned)[0]
        shift = weights / float(weights @ weights)
        placed = data.entry.formula is None and not planned.contrast.per
        pairs = tuple(_pairs(data, found, units)) if placed else ()
        return cls(found, found.fitted.solution.theta, beta, shift, pairs)

    def averages(self, theta: Array, beta: Array) -> tuple[Array, Array]:
        """(2 m,) average outcome of each side, treated and not in turn, and their slopes (2 m, k + p) in theta and
        beta."""
        from dww_analysis.multilevel.generalised.averaged import average
        from dww_analysis.multilevel.generalised.solve import generalised_extra

        family = generalised_extra(self.found.fitted.solution).objective.family
        sides = [side for _, *both in self.pairs for side in both]
        found = [average(family, side.X, theta, beta, side.part) for side in sides]
        return np.array([value for value, _ in found]), np.array([slope for _, slope in found])

    @property
    def signs(self) -> Array:
        """(2 m,) with which `averages` add up to the difference."""
        return np.array([s * sign for sign, *_ in self.pairs for s in (1.0, -1.0)])

    def difference(self, size: float) -> float:
        """Of shares or counts, where the planned contrast of coefficients is `size`."""
        beta = self.beta + size * self.shift
        return float(self.signs @ self.averages(self.theta, beta)[0])

    def size_of(self, effect: Effect, lower_is_better: bool) -> float | None:
        """The planned contrast of coefficients that gives an effect; the smallest of interest is to the better, and to
        the worse where shares or counts leave no room for it. None where neither can be."""
        if effect[0] != 0 and not self.pairs:
            return None
        return size_that_gives(self.difference, effect, lower_is_better)

    def truth(self, size: float, summary: Summary | None) -> float:
        """What the planned estimate is without error. summary: the planned one; None: the model's own."""
        if summary not in (RISK_DIFFERENCE, RISK_RATIO) or size == 0:
            return size
        if summary == RISK_DIFFERENCE:
            return self.difference(size)
        beta = self.beta + size * self.shift
        return float(self.signs @ np.log(self.averages(self.theta, beta)[0]))


def size_that_gives(
    difference: Callable[[float], float], effect: Effect, lower_is_better: bool
) -> float | None:
    """The contrast of coefficients whose `difference` is an effect; the smallest of interest is to the better, and to
    the worse where there is no room for it. None where neither can be."""
    wanted, is_sesoi = effect
    if wanted == 0:
        return 0.0
    first = -1.0 if is_sesoi and lower_is_better else 1.0
    for sign in (first, -first) if is_sesoi else (first,):
        goal = sign * wanted
        ends = [difference(end) - goal for end in (-FARTHEST, FARTHEST)]
        if ends[0] * ends[1] < 0:
            return float(brentq(lambda x, goal=goal: difference(x) - goal, -FARTHEST, FARTHEST))
    return None


def _pairs(data: EntryData, found: EntryFit, units: pd.Index | None) -> list[tuple[float, Side, Side]]:
    pairs = []
    for sign, rows, (treated, without) in sides_of(found, found.model.planned):
        part = _parts(found.used[rows], data.study.unit, units)
        pairs.append((sign, Side.of(treated, part), Side.of(without, part)))
    return pairs


def _parts(rows: pd.DataFrame, unit: str, units: pd.Index | None) -> Array:
    """(rows,) part of each: the same, or each of the units once."""
    if units is None:
        return np.full(len(rows), 1 / len(rows))
    own = rows[unit].astype(str)
    there = own.isin(units.astype(str)).to_numpy()
    size = own.map(own.value_counts()).to_numpy(dtype=float)
    part = np.where(there, 1 / size, 0.0)
    return np.asarray(part / part.sum(), dtype=np.float64)
