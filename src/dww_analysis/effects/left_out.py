"""The planned estimator under every allocation, where each allocation leaves out rows of its own (transition waves).

Of an allocation those rows count that it does not have in transition, also where the real one left them out: so the
statistic is one function of the allocation and of all answers, which makes the test exact (Fisher 1935; for stepped
wedges Ji, Fink, Robyn & Small 2017, Annals of Applied Statistics 11, 1-20) for the hypothesis that the start makes no
difference to any answer, those in transition included. With the rows of the real allocation for all, the observed
statistic would be laid beside another one. Rows that no allocation has in transition are those before the first start
and long after the last, which hardly tell effects from waves.

V is of the fit without effects to all rows. Rows are taken in blocks that share no random effect; within a block there
are few ways to give conditions to its units, and each is looked at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

from dww_analysis.effects.lot_effects import Effects, contrasts_of
from dww_analysis.errors import FitError

Array = NDArray[Any]
MOST_WORK = 2e11  # multiplications: minutes


@dataclass(frozen=True, eq=False)
class RowSums:
    """What the estimates of every allocation are made from, of one response.

    X (n, p), y (n,): of the model without effects; blocks: (rows, V) of rows that share no random effect with others;
    units (n,): number of each row's unit.
    """

    X: Array
    y: Array
    blocks: tuple[tuple[Array, Array], ...]
    units: Array
    effects: Effects

    @property
    def cells(self) -> int:
        """Numbers held for one allocation."""
        return (self.X.shape[1] + len(self.effects.contrast) + 2) ** 2

    def under(self, allocations: Array, given: Array) -> tuple[Array, Array, Array]:
        """As `planned.estimates_under` has it. An effect is one in the rows that count under the real allocation;
        those in its transition are taken as without any. FitError where that would take minutes."""
        p, effects = self.X.shape[1], self.effects
        sums = np.zeros((len(allocations), *[p + len(effects.contrast) + 2] * 2))
        for block, codes, each in self._given_within(allocations):
            sums += np.array([self._sums(block, conditions, given) for conditions in each])[codes]
        own, others = sums[:, p:, p:], sums[:, :p, p:]
        inverse = np.linalg.pinv(sums[:, :p, :p], rcond=1e-11, hermitian=True)
        projected = own - np.swapaxes(others, 1, 2) @ inverse @ others
        return contrasts_of(projected[:, :-2, :-2], projected[:, :-2, -2:], effects.contrast)

    def _given_within(self, allocations: Array) -> list[tuple[tuple[Array, Array], Array, list[Array]]]:
        """Each block, which of the different ways to give conditions to its units each allocation is, and these ways:
        a condition for each unit of the study, of which those of the block count."""
        found, work = [], 0.0
        for block in self.blocks:
            here = np.unique(self.units[block[0]])
            ways, codes = np.unique(allocations[:, here], axis=0, return_inverse=True)
            each = []
            for way in ways:
                conditions = np.zeros(allocations.shape[1], dtype=int)
                conditions[here] = way
                each.append(conditions)
            work += len(ways) * len(block[0]) ** 3
            found.append((block, codes.reshape(-1), each))
        if work > MOST_WORK:
            raise _too_much(len(self.y), len(allocations))
        return found

    def _sums(self, block: tuple[Array, Array], conditions: Array, given: Array) -> Array:
        """Weighted cross products of a block's rows that count: X, effects, response, and an effect of one."""
        rows, V = block
        columns, kept = self._as_given(rows, conditions)
        really, counted = self._as_given(rows, given)
        one = (really @ self.effects.moved) * counted
        table = np.column_stack([self.X[rows], columns, self.y[rows], one])[kept]
        half = solve_triangular(cholesky(V[np.ix_(kept, kept)], lower=True), table, lower=True)
        out: Array = half.T @ half
        return out

    def _as_given(self, rows: Array, conditions: Array) -> tuple[Array, Array]:
        """Effect columns (rows, k) under the units' conditions, and which rows count (rows,)."""
        effects, of_row = self.effects, conditions[self.units[rows]]
        place = (of_row[:, None] == effects.conditions) @ np.arange(1, len(effects.conditions) + 1) - 1
        started = place >= 0
        columns = np.where(started[:, None], effects.columns[rows, place], 0.0)
        left_out = (
            np.zeros(len(rows), dtype=bool) if effects.left_out is None else effects.left_out[rows, place]
        )
        return columns, ~(left_out & started)


def _too_much(rows: int, allocations: int) -> FitError:
    return FitError.of(
        found=f"{rows} rows that share a random effect, which each of {allocations} allocations leaves out others of",
        where="permutation of the planned estimator",
        expected="units that share no random effect, or fewer rows",
        action="take the planned estimate, or CR2",
    )
