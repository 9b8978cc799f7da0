"""The planned estimator under every allocation: the generalised least squares contrast, from blocks per unit.

V comes from the fit without effects, so that it is the same for every allocation. With P = V^-1 projected off the
other fixed effects, an allocation z needs only sums over units of G[u, v] = W_u' P W_v and h[u] = W_u' P y, where W_u
holds unit u's rows in the columns of the effects.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dww_analysis.effects.permutation import Permutation, Reference, allocations_of, result_of
from dww_analysis.errors import FitError

Array = NDArray[Any]


@dataclass(frozen=True)
class Blocks:
    """Sums per unit for k effects: gram (units, k, units, k) and score (units, k)."""

    gram: Array
    score: Array


@dataclass(frozen=True)
class Layout:
    """Rows in blocks that share no random effect with other rows; for each the pairs that share each one."""

    blocks: tuple[tuple[Array, tuple[Array, ...]], ...]


def permute_planned(
    null: Any, units: Array, treated: Array, strata: Array, effects: Array, *, seed: int, conf_level: float
) -> Permutation:
    """Permutation of the planned contrast, studentised by its model-based standard error.

    null: the fit without effect columns; units (n,): number of each row's unit, 0, 1, ...; treated, strata: one a
    unit; effects (n, k): the effect columns that a row would have if its unit were treated, the planned one first.
    """
    blocks = blocks_of(null, units, len(treated), effects)
    return permute_blocks(blocks, treated, strata, seed=seed, conf_level=conf_level)


def permute_blocks(
    blocks: Blocks, treated: Array, strata: Array, *, seed: int, conf_level: float
) -> Permutation:
    """The same from sums per unit that are there already."""
    allocations, exact = allocations_of(treated, strata, seed)
    own, added, error = (
        float(x[0]) for x in estimates_under(blocks, np.asarray(treated, bool)[None, :], treated)
    )
    if not np.isfinite(own / error):
        raise FitError.of(
            found="the planned contrast has no value under the allocation as it was",
            where="permutation of the planned estimator",
            expected="effect columns that differ from all other columns of the model",
            action="look at the answers by arm and wave",
        )
    a, b, scale = estimates_under(blocks, allocations, treated)
    return result_of(Reference(a, b, scale, exact, (own, added, error)), conf_level)


def estimates_under(blocks: Blocks, allocations: Array, treated: Array) -> tuple[Array, Array, Array]:
    """For each allocation the planned estimate, what an effect of one under the real allocation adds, and its SE."""
    z, k = allocations.astype(float), blocks.score.shape[1]
    information = np.empty((len(z), k, k))
    for i in range(k):
        for j in range(k):
            information[:, i, j] = ((z @ blocks.gram[:, i, :, j]) * z).sum(axis=1)
    one = np.einsum("uiv,v->ui", blocks.gram[:, :, :, 0], np.asarray(treated, float))
    right = np.stack([z @ blocks.score, z @ one, np.broadcast_to(np.eye(k)[0], (len(z), k))], axis=2)
    solved = np.full((len(z), 3), np.nan)
    fine = np.linalg.cond(information) < 1e12
    solved[fine] = np.linalg.solve(information[fine], right[fine])[:, 0, :]
    return solved[:, 0], solved[:, 1], np.sqrt(solved[:, 2])


def blocks_of(null: Any, units: Array, n_units: int, effects: Array) -> Blocks:
    """The sums per unit, from the covariance of the null fit block by block of rows that share a random effect."""
    return sums_of(
        null.design.X,
        null.design.y,
        covariances(layout_of(null), variances_of(null)),
        (units, n_units),
        effects,
    )


def sums_of(
    X: Array, y: Array, blocks: Iterable[tuple[Array, Array]], units: tuple[Array, int], effects: Array
) -> Blocks:
    """The sums per unit for one response y (n,), given the covariance in blocks of rows.

    units: number of each row's unit (n,), and how many units there are.
    """
    (number, n_units), k = units, effects.shape[1]
    wide = np.zeros((len(y), n_units * k))
    for i in range(k):
        wide[np.arange(len(y)), number * k + i] = effects[:, i]
    given = np.column_stack([X, y, wide])
    weighted = np.empty_like(given)
    for rows, V in blocks:
        weighted[rows] = cho_solve(cho_factor(V, lower=True), given[rows])
    cross = given.T @ weighted
    p = X.shape[1]
    projected = cross[p:, p:] - cross[p:, :p] @ np.linalg.solve(cross[:p, :p], cross[:p, p:])
    gram = projected[1:, 1:].reshape(n_units, k, n_units, k)
    return Blocks(gram, projected[1:, 0].reshape(n_units, k))


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


def covariances(layout: Layout, variances: tuple[Array, float]) -> list[tuple[Array, Array]]:
    """(rows, V) of each block of rows that share no random effect with other rows; intercept terms only."""
    between, residual = variances
    return [
        (
            rows,
            np.eye(len(rows)) * residual + sum(v * shared for v, shared in zip(between, same, strict=True)),
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
