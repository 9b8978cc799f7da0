"""What a lot gave to units, and everything else that it could have given.

A condition is a number: 0 for what no effect goes with (the reference arm; a unit that never starts), 1 for the other
arm, or where units start at waves of their own the wave of the start + 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb, prod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.study import Study
from dww_analysis.errors import FitError

Array = NDArray[Any]
MOST_EXACT = 200_000  # more allocations than this are drawn instead of listed
DRAWS = 20_000


@dataclass(frozen=True, eq=False)
class Lot:
    """What was drawn, and between which units conditions could have changed places.

    any_counts: whether each unit had a coin of its own, so that any number of them could have come into an arm. listed:
    (m, units) all allocations that could have been drawn, where that is not as strata and counts say.
    """

    given: Array  # (units,) conditions
    strata: Array  # (units,)
    any_counts: bool = False
    listed: Array | None = None

    def allocations(self, seed: int) -> tuple[Array, bool]:
        """(m, units) conditions of each allocation that chance could have given; whether these are all. More than
        `MOST_EXACT` are drawn: `DRAWS` of them, the same for one seed."""
        if self.listed is not None:
            if len(self.listed) <= MOST_EXACT:
                return self.listed, True
            return self.listed[np.random.default_rng(seed).integers(len(self.listed), size=DRAWS)], False
        groups = [np.flatnonzero(self.strata == s) for s in np.unique(self.strata)]
        if self.any_counts:
            groups = list(np.arange(len(self.given))[:, None])
            count = 2 ** len(self.given)
        else:
            count = prod(_arrangements(self.given[g]) for g in groups)
        make: Callable[..., Array] = self._all if count <= MOST_EXACT else self._some
        return make(groups, seed), count <= MOST_EXACT

    def some(self, seed: int, most: int) -> tuple[Array, bool]:
        """All allocations where they are at most `most`, else a draw of so many; and whether they are all."""
        allocations, exact = self.allocations(seed)
        if len(allocations) <= most:
            return allocations, exact
        chosen = np.random.default_rng(seed).integers(len(allocations), size=most)
        return allocations[chosen], False

    def _all(self, groups: list[Array], seed: int) -> Array:
        """Every allocation, one a row."""
        each = [np.array([[0], [1]]) if self.any_counts else _arranged(self.given[g]) for g in groups]
        chosen = np.unravel_index(np.arange(prod(len(e) for e in each)), [len(e) for e in each])
        allocations = np.zeros((len(chosen[0]), len(self.given)), dtype=int)
        for group, arrangements, row in zip(groups, each, chosen, strict=True):
            allocations[:, group] = arrangements[row]
        return allocations

    def _some(self, groups: list[Array], seed: int) -> Array:
        """Random allocations."""
        rng = np.random.default_rng(seed)
        if self.any_counts:
            return rng.integers(2, size=(DRAWS, len(self.given)))
        allocations = np.zeros((DRAWS, len(self.given)), dtype=int)
        for group in groups:
            order = rng.random((DRAWS, len(group))).argsort(axis=1)
            allocations[:, group] = np.sort(self.given[group])[::-1][order]
        return allocations


def within_strata(study: Study) -> bool:
    """Whether units changed places within organisations only."""
    allocation = study.allocation
    return (
        allocation is not None and allocation.strata == "organisation" and allocation.unit != "organisation"
    )


def lot_of(study: Study, facts: pd.DataFrame, drawable: pd.DataFrame | None) -> Lot:
    """The lot of the units that have rows. facts: one row a unit, with organisation, arm, start and the unit's name.

    drawable: allocation, unit, condition, where a list says what could have been drawn. FitError where a unit is not in
    it.
    """
    allocation, unit = study.allocation, study.unit
    strata = facts["organisation"].astype(str).to_numpy() if within_strata(study) else np.zeros(len(facts))
    any_counts = allocation is not None and allocation.counts == "any"
    listed = None if drawable is None else _listed(drawable, facts[unit].astype(str), study)
    started = (
        (facts["start"].astype(float) + 1).fillna(0) if study.starts else facts["arm"] == study.treated_arm
    )
    return Lot(started.to_numpy().astype(int), strata, any_counts, listed)


def _listed(drawable: pd.DataFrame, units: pd.Series, study: Study) -> Array:
    wide = drawable.pivot(index="allocation", columns="unit", values="condition")
    absent = [name for name in units if name not in wide.columns]
    if absent:
        raise FitError.of(
            found=f"{len(absent)} {study.unit}s with answers are in no allocation that could have been drawn",
            where="study.yaml, allocation, scheme: list",
            expected=f"a column for each {study.unit}",
            action="complete the list",
        )
    conditions = wide[list(units)].to_numpy(int)
    return conditions + 1 if study.starts else conditions


def _arrangements(given: Array) -> int:
    """In how many ways these conditions can be given to as many units."""
    _, counts = np.unique(given, return_counts=True)
    left = np.cumsum(counts)
    return prod(comb(int(n), int(c)) for n, c in zip(left, counts, strict=True))


def _arranged(given: Array) -> Array:
    """(m, units) every way to give these conditions to as many units, each once."""
    conditions, counts = np.unique(given, return_counts=True)
    wanted = list(zip(conditions[::-1].tolist(), counts[::-1].tolist(), strict=True))
    found = np.full((_arrangements(given), len(given)), conditions[0])
    for row, cells in zip(found, _placed(tuple(range(len(given))), wanted), strict=True):
        for units, condition in cells:
            row[list(units)] = condition
    return found


def _placed(
    free: tuple[int, ...], wanted: list[tuple[int, int]]
) -> Iterator[list[tuple[tuple[int, ...], int]]]:
    """Which units get which condition, in every way; the last condition is that of all who are left."""
    if len(wanted) <= 1:
        yield []
        return
    (condition, n), *others = wanted
    for units in combinations(free, n):
        left = tuple(u for u in free if u not in units) if len(others) > 1 else ()
        for rest in _placed(left, others):
            yield [(units, condition), *rest]
