"""The planned estimator under every allocation: the generalised least squares contrast, from blocks per unit.

V comes from the fit without effects, so that it is the same for every allocation. With P = V^-1 projected off the
other fixed effects, an allocation z needs only sums over units of G[u, v] = W_u' P W_v and h[u] = W_u' P y, where W_u
holds unit u's rows in the columns of the effects, under the condition that z gives the unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dww_analysis.effects.left_out import RowSums
from dww_analysis.effects.lot_effects import Effects, contrasts_of
from dww_analysis.effects.lots import Lot
from dww_analysis.effects.permutation import Permutation, Reference, result_of
from dww_analysis.errors import FitError

Array = NDArray[Any]
MOST_CELLS = 20_000_000  # of allocations that are looked at together
MOST_NUMBERS = 100_000_000  # in the columns of all units over all rows, which are held three times


class Sums(Protocol):
    """What the estimates of every allocation are made from, of one response."""

    @property
    def cells(self) -> int:
        """Numbers held for one allocation."""

    def under(self, allocations: Array, given: Array) -> tuple[Array, Array, Array]:
        """As `estimates_under`, of as many allocations as memory holds."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Sums per unit u and condition s (as u * s + s) for k effects: gram (us, k, us, k) and score (us, k)."""

    gram: Array
    score: Array
    conditions: Array  # (s,)
    contrast: Array  # (k,)

    @property
    def cells(self) -> int:
        """Numbers held for one allocation."""
        return len(self.gram)

    def under(self, allocations: Array, given: Array) -> tuple[Array, Array, Array]:
        """As `estimates_under`, of as many allocations as memory holds."""
        z, real = self.held(allocations), self.held(given[None, :])[0]
        k, contrast = self.score.shape[1], self.contrast
        information = np.empty((len(z), k, k))
        for i in range(k):
            for j in range(k):
                information[:, i, j] = ((z @ self.gram[:, i, :, j]) * z).sum(axis=1)
        one = np.einsum("uivj,v,j->ui", self.gram, real, (contrast != 0).astype(float))
        return contrasts_of(information, np.stack([z @ self.score, z @ one], axis=2), contrast)

    def held(self, allocations: Array) -> Array:
        """1 where a unit has a condition, else 0, shape (m, units times conditions); allocations: (m, units)."""
        found = allocations[:, :, None] == self.conditions
        return found.reshape(len(allocations), -1).astype(float)


@dataclass(frozen=True)
class Layout:
    """Rows in blocks that share no random effect with other rows; for each the pairs that share each one."""

    blocks: tuple[tuple[Array, tuple[Array, ...]], ...]


def permute_planned(
    null: Any, units: Array, lot: Lot, effects: Effects, *, seed: int, conf_level: float
) -> Permutation:
    """Permutation of the planned contrast, studentised by its model-based standard error.

    null: the fit without effect columns; units (n,): number of each row's unit, 0, 1, ...
    """
    blocks = blocks_of(null, units, len(lot.given), effects)
    return permute_blocks(blocks, lot, seed=seed, conf_level=conf_level)


def permute_blocks(blocks: Sums, lot: Lot, *, seed: int, conf_level: float) -> Permutation:
    """The same from sums per unit that are there already. FitError where the contrast has no value under the
    allocation as it was."""
    own, added, error = (float(x[0]) for x in estimates_under(blocks, lot.given[None, :], lot.given))
    if not np.isfinite(own / error):
        raise FitError.of(
            found="the planned contrast has no value under the allocation as it was",
            where="permutation of the planned estimator",
            expected="effect columns that differ from all other columns of the model",
            action="look at the answers by arm and wave",
        )
    allocations, exact = lot.allocations(seed)
    a, b, scale = estimates_under(blocks, allocations, lot.given)
    return result_of(Reference(a, b, scale, exact, (own, added, error)), conf_level)


def estimates_under(blocks: Sums, allocations: Array, given: Array) -> tuple[Array, Array, Array]:
    """For each allocation, shape (m,), the planned estimate, what an effect of one under the real allocation adds,
    and its SE. allocations: (m, units); given: (units,), as it was."""
    at_once = max(MOST_CELLS // blocks.cells, 1)
    parts = [
        blocks.under(part, given) for part in np.split(allocations, range(at_once, len(allocations), at_once))
    ]
    a, b, scale = (np.concatenate(column) for column in zip(*parts, strict=True))
    return a, b, scale


def blocks_of(null: Any, units: Array, n_units: int, effects: Effects) -> Sums:
    """The sums per unit, from the covariance of the null fit block by block of rows that share a random effect. Refuses
    what `check_size` does."""
    check_size(len(null.design.y), n_units, effects)
    return sums_of(
        null.design.X,
        null.design.y,
        covariances(layout_of(null), variances_of(null), null.design.weights),
        (units, n_units),
        effects,
    )


def check_size(n: int, n_units: int, effects: Effects) -> None:
    """FitError for so many rows and units that their sums would not be held in memory."""
    if effects.left_out is not None:  # these are taken block by block
        return
    numbers = n * n_units * effects.columns.shape[1] * effects.columns.shape[2]
    if numbers > MOST_NUMBERS:
        raise FitError.of(
            found=f"{n} rows and {n_units} units, whose sums would take {24e-9 * numbers:.0f} GB",
            where="permutation of the planned estimator",
            expected=f"rows times units times effects up to {MOST_NUMBERS // 10**6} million",
            action="take the planned estimate, or CR2: with so many units neither needs an exact test beside it",
        )


def sums_of(
    X: Array, y: Array, blocks: Iterable[tuple[Array, Array]], units: tuple[Array, int], effects: Effects
) -> Sums:
    """The sums per unit for one response y (n,), given the covariance in blocks of rows; those of `left_out` where rows
    count under some conditions only.

    units: number of each row's unit (n,), and how many units there are.
    """
    (number, n_units), (_, given, k) = units, effects.columns.shape
    if effects.left_out is not None:
        return RowSums(X, y, tuple(blocks), number, effects)
    held = n_units * given
    wide = np.zeros((len(y), held * k))
    for s, i in np.ndindex(given, k):
        wide[np.arange(len(y)), (number * given + s) * k + i] = effects.columns[:, s, i]
    given = np.column_stack([X, y, wide])
    weighted = np.empty_like(given)
    for rows, V in blocks:
        weighted[rows] = cho_solve(cho_factor(V, lower=True), given[rows])
    cross = given.T @ weighted
    p = X.shape[1]
    projected = cross[p:, p:] - cross[p:, :p] @ np.linalg.solve(cross[:p, :p], cross[:p, p:])
    gram = projected[1:, 1:].reshape(held, k, held, k)
    return Blocks(gram, projected[1:, 0].reshape(held, k), effects.conditions, effects.contrast)


def variances_of(null: Any) -> tuple[Array, float]:
    """The variances of the fit's random intercepts, in the order of `layout_of`, and the residual variance."""
    table = null.variance_components().set_index("group")["estimate"]
    between = [float(table[g]) for g in table.index if g != "Residual"]
    return np.array(between), float(table["Residual"])


def layout_of(null: Any) -> Layout:
    """Which rows share which random intercepts."""
    names = [g for g in null.variance_components()["group"] if g != "Residual"]
    groups = tuple(_codes(null.frame, g) for g in names)
    blocks = _connected(list(groups), len(null.frame))
    return Layout(tuple((r, tuple(g[r][:, None] == g[r][None, :] for g in groups)) for r in blocks))


def covariances(
    layout: Layout, variances: tuple[Array, float], precision: Array
) -> list[tuple[Array, Array]]:
    """(rows, V) of each block of rows that share no random effect with other rows; intercept terms only.

    precision (n,): the residual variance of a row is divided by it.
    """
    between, residual = variances
    return [
        (
            rows,
            np.diag(residual / precision[rows])
            + sum(v * shared for v, shared in zip(between, same, strict=True)),
        )
        for rows, same in layout.blocks
    ]


def _codes(frame: Any, group: str) -> Array:
    return frame.groupby(group.split(":"), observed=True, sort=False).ngroup().to_numpy()


def _connected(groups: list[Array], n: int) -> list[Array]:
    """Rows in blocks: two rows of one group are in one block; without groups each row by itself."""
    if not groups:
        return list(np.arange(n)[:, None])
    start, nodes = n, []
    for codes in groups:
        nodes.append(codes + start)
        start += int(codes.max()) + 1
    rows = np.tile(np.arange(n), len(groups))
    links = coo_array((np.ones(len(rows)), (rows, np.concatenate(nodes))), shape=(start, start))
    _, labels = connected_components(links, directed=False)
    order = np.argsort(labels[:n], kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[:n][order])) + 1)
