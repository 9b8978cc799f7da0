"""Reduce the rows of a design once to cross-products per unit, so that a deviance no longer depends on the
rows.

Rows are sorted so that the units of every link lie together inside their parents; sums over units are then
sums over consecutive rows. A new response changes one row and one column of every matrix and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model import Array, Design
from .elimination import Index, Level, add_up
from .fast import loop_for
from .leaf import PooledLeaf
from .scaling import CHUNK, Columns, Scaling, list_columns, row_chunks
from .structure import Link, Plan


@dataclass(frozen=True, eq=False)
class Tree:
    """Units of every link, numbered so that those of one parent are consecutive."""

    units: Index  # (n,) unit of the finest link of every row
    n_units: tuple[int, ...]
    child_starts: tuple[Index, ...]  # per link: (n_parents,) first unit of every parent
    parents: tuple[Index, ...]  # per link: (N,) parent of every unit

    @cached_property
    def order(self) -> Index:
        """(n,) rows sorted by the units of the finest link."""
        return np.argsort(self.units, kind="stable")

    @cached_property
    def row_starts(self) -> Index:
        """(N,) first sorted row of every unit of the finest link."""
        counts = np.bincount(self.units, minlength=self.n_units[0])
        return np.cumsum(counts) - counts

    def row_unit(self, i: int) -> Index:
        """(n,) unit of link i of every row."""
        unit = self.units
        for parents in self.parents[:i]:
            unit = parents[unit]
        return unit

    def first_row(self, i: int) -> Index:
        """(N,) one row of every unit of link i."""
        out = np.empty(self.n_units[i], dtype=np.intp)
        out[self.row_unit(i)] = np.arange(len(self.units))
        return out

    @property
    def n_leaf_parents(self) -> int:
        return self.n_units[1] if len(self.n_units) > 1 else 1


def number_units(links: tuple[Link, ...], n: int) -> Tree:
    """Number the units of every link, from the coarsest to the finest."""
    child_starts: list[Index] = []
    parents: list[Index] = []
    above, n_above = np.zeros(n, dtype=np.intp), 1
    for link in reversed(links):
        parent_of_code = np.empty(link.n_units, dtype=np.intp)
        parent_of_code[link.codes] = above
        if n_above == 1:
            number, parent = None, parent_of_code
        else:
            sorted_codes = np.argsort(parent_of_code, kind="stable")
            number = np.empty_like(sorted_codes)
            number[sorted_codes] = np.arange(link.n_units)
            parent = parent_of_code[sorted_codes]
        above = link.codes if number is None else number[link.codes]
        child_starts.append(parent.searchsorted(np.arange(n_above)))
        parents.append(parent)
        n_above = link.n_units
    for parts in (child_starts, parents):
        parts.reverse()
    return Tree(above, tuple(k.n_units for k in links), tuple(child_starts), tuple(parents))


def sum_products(left: Array, right: Array, starts: Index) -> Array:
    """(N, a, b) sums over consecutive rows of the products of the columns of `left` (n, a) and `right` (n,
    b).
    """
    n, a, b = len(left), left.shape[1], right.shape[1]
    if len(starts) == 1:
        return (left.T @ right)[None]
    out = np.empty((len(starts), a, b))
    first = 0
    while first < len(starts):
        last = max(first + 1, int(np.searchsorted(starts, starts[first] + CHUNK)))
        stop = starts[last] if last < len(starts) else n
        rows = slice(starts[first], stop)
        products = (left[rows, :, None] * right[rows, None, :]).reshape(-1, a * b)
        local = starts[first:last] - starts[first]
        out[first:last] = np.add.reduceat(products, local, axis=0).reshape(-1, a, b)
        first = last
    return out


@dataclass(frozen=True, eq=False)
class Rows:
    """The columns of a design over its rows, made some rows at a time: a fit does not hold them."""

    design: Design
    scaling: Scaling
    plan: Plan
    columns: Columns

    def chunks(self, head: Array | None = None) -> Iterator[tuple[slice, Array]]:
        """Some rows and their columns (m, w - 1), all but the response, in turn. `head` (m, d): the columns of the
        first chunk that are not spread, where they are at hand."""
        for rows in row_chunks(self.design.n):
            dense = self._dense(rows) if head is None or rows.start else head
            yield rows, self._with_spread(dense, rows)

    def all(self, head: Array | None = None) -> Array:
        """(n, w - 1) the columns of all rows."""
        chunks = self.chunks(head)
        if self.design.n <= CHUNK:
            return next(chunks)[1]
        out = np.empty((self.columns.width - 1, self.design.n)).T
        for rows, block in chunks:
            out[rows] = block
        return out

    @cached_property
    def full(self) -> Array:
        """The same, kept for whoever needs them for response after response."""
        return self.all()

    def _dense(self, rows: slice) -> Array:
        out = np.empty((len(self.columns.sources), rows.stop - rows.start)).T
        for at, source in enumerate(self.columns.sources):
            out[:, at] = self.scaling.scaled_column(self.design, source, rows)
        return out

    def _with_spread(self, dense: Array, rows: slice) -> Array:
        m, d = dense.shape
        if d == self.columns.width - 1:
            return dense
        U = np.zeros((self.columns.width - 1, m)).T
        U[:, :d] = dense
        every = np.arange(m)
        for link in self.plan.links:
            for r, position in link.local.items():
                Z = self.scaling.scaled_z(r, self.design.random[r].Z, rows)
                q = Z.shape[1]
                for j in range(q):
                    U[every, self.columns.spread_at[r] + position[rows] * q + j] = Z[:, j]
        return U


@dataclass(frozen=True, eq=False)
class Reduced:
    """Statistics of one design and one response: a finest link, pooled or not, and the levels above it."""

    plan: Plan
    tree: Tree
    columns: Columns
    rows: Rows
    z: Index  # places of the random columns of the finest link
    leaf: PooledLeaf | None
    base: Array | None  # (N, w, w) cross-products of the finest units where they are not pooled
    levels: tuple[Level, ...]  # the links that are eliminated level by level, finest first
    alive: tuple[Index, ...]  # per link: the columns coarser links need

    def with_response(self, y: Array) -> Reduced:
        """The same units with another weighted, scaled response (n,)."""
        if self.leaf is None:
            assert self.base is not None
            base = self.base.copy()
            U, y = self.rows.full[self.tree.order], y[self.tree.order]
            base[:, :-1, -1] = base[:, -1, :-1] = _sum_rows(U * y[:, None], self.tree.row_starts)
            base[:, -1, -1] = _sum_rows(y[:, None] ** 2, self.tree.row_starts)[:, 0]
            return replace(self, base=base)
        g_y, total_y = self._response_products(y)
        return replace(self, leaf=self.leaf.with_products(g_y, total_y))

    def _response_products(self, y: Array) -> tuple[Array, Array]:
        """(N, q) Z'y of every unit and (n_parents, w) U'y of every parent of the finest link."""
        tree, keep = self.tree, self.alive[0]
        loop = loop_for("response_loop", len(y))
        if loop is not None:
            g_y = np.zeros((tree.n_units[0], len(self.z)))
            total_y = np.zeros((tree.n_leaf_parents, len(keep)))
            loop(self.rows.full, y, self.z, keep, tree.units, tree.parents[0], g_y, total_y)
            return g_y, total_y
        products = np.column_stack([self.rows.full * y[:, None], y**2])[tree.order]
        by_unit = _sum_rows(products, tree.row_starts)
        return by_unit[:, self.z], add_up(by_unit, tree.child_starts[0])[:, keep]


def _sum_rows(rows: Array, starts: Index) -> Array:
    return np.add.reduceat(rows, starts, axis=0)


def z_places(columns: Columns, design: Design, link: Link) -> list[int]:
    """Where the random columns of a link stand, in the order of its block-diagonal covariance."""
    places: list[int] = []
    for part in link.parts:
        if part.term in link.local:
            q = len(design.random[part.term].names)
            places += range(columns.spread_at[part.term], columns.spread_at[part.term] + part.copies * q)
        else:
            places += columns.z_at[part.term]
    return places


def reduce_rows(design: Design, scaling: Scaling, plan: Plan, y: Array) -> Reduced:
    """Statistics of the design for the weighted, scaled response `y` (n,)."""
    columns, head = list_columns(design, scaling, plan)
    rows = Rows(design, scaling, plan, columns)
    tree = number_units(plan.links, design.n)
    z = [np.array(z_places(columns, design, link), dtype=np.intp) for link in plan.links]
    alive = _alive_columns(columns, z)
    leaf = _pool(rows, head, y, tree, z[0], alive[0]) if len(z[0]) else None
    base, levels = None, []
    incoming = np.arange(columns.width)
    if leaf is None:
        U = np.column_stack([rows.all(head), y])[tree.order]
        base = sum_products(U, U, tree.row_starts)
    for i in range(len(z)):
        if i > 0 or leaf is None:
            levels.append(_level(tree, i, z[i], incoming, alive[i]))
        incoming = alive[i]
    return Reduced(plan, tree, columns, rows, z[0], leaf, base, tuple(levels), alive)


def _alive_columns(columns: Columns, z: list[Index]) -> tuple[Index, ...]:
    needed = {*columns.x_at, columns.y_at}
    out = []
    for places in reversed(z):
        out.append(np.array(sorted(needed), dtype=np.intp))
        needed |= set(places.tolist())
    return tuple(reversed(out))


def _level(tree: Tree, i: int, z: Index, incoming: Index, keep: Index) -> Level:
    return Level(
        np.searchsorted(incoming, z), np.searchsorted(incoming, keep), tree.child_starts[i], tree.parents[i]
    )


def _pool(rows: Rows, head: Array, y: Array, tree: Tree, z: Index, keep: Index) -> PooledLeaf | None:
    """Pool the finest units by parent and pattern; None where too few units share a pattern for it to pay."""
    q, parent = len(z), tree.parents[0]
    S, g, total = _unit_products(rows, head, y, tree, z, keep)
    first, pattern = _distinct(_keys(S))
    cell = parent * len(first) + pattern
    unit_order = np.argsort(cell, kind="stable")
    ordered = cell[unit_order]
    new = np.ones(len(cell), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    class_starts = new.nonzero()[0]
    if q > 1 and len(class_starts) * q * q > len(S):
        return None
    class_parent = parent[unit_order[class_starts]]
    return PooledLeaf(
        S=S[first],
        count=np.bincount(pattern).astype(float),
        pattern=pattern[unit_order[class_starts]],
        starts=class_parent.searchsorted(np.arange(len(total))),
        H=_pooled_products(g, unit_order, class_starts, loop_for("pool_loop", len(y))),
        total=total,
        g=g,
        unit_pattern=pattern,
        unit_parent=parent,
        unit_order=unit_order,
        class_starts=class_starts,
    )


def _distinct(keys: NDArray[Any]) -> tuple[Index, Index]:
    """The place where each different key comes first, in the order of the keys, and which of these every key is."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    new = np.ones(len(keys), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    which = np.empty(len(keys), dtype=np.intp)
    which[order] = np.cumsum(new) - 1
    return order[new], which


def _unit_products(
    rows: Rows, head: Array, y: Array, tree: Tree, z: Index, keep: Index
) -> tuple[Array, Array, Array]:
    """Z'Z (N, q, q) and Z'U (N, q, w) of every unit, U'U (n_parents, w, w) of every parent."""
    loop = loop_for("reduce_loop", len(y))
    if loop is not None:
        N, q, w = tree.n_units[0], len(z), len(keep)
        S, g, total = np.zeros((N, q, q)), np.zeros((N, q, w)), np.zeros((tree.n_leaf_parents, w, w))
        for some, full in rows.chunks(head):
            loop(full, y[some], z, keep, tree.units[some], tree.parents[0], S, g, total)
        return S, g, total
    U = np.column_stack([rows.all(head), y])[tree.order]
    starts = tree.row_starts
    above = starts[tree.child_starts[0]]
    return (
        sum_products(U[:, z], U[:, z], starts),
        sum_products(U[:, z], U[:, keep], starts),
        sum_products(U[:, keep], U[:, keep], above),
    )


def _pooled_products(
    g: Array, unit_order: Index, class_starts: Index, loop: Callable[..., None] | None
) -> Array:
    """(C, q, q, w, w) sums of g_a g_b' over the units of every class."""
    n, q, w = g.shape
    out = np.zeros((len(class_starts), q, q, w, w))
    if loop is not None:
        loop(g, unit_order, class_starts, out)
        return out
    bounds, first = np.append(class_starts, n), 0
    while first < len(class_starts):  # in turns, so that the products of all units are never held at once
        last = max(
            first + 1, int(np.searchsorted(bounds, bounds[first] + CHUNK // (q * q), side="right")) - 1
        )
        ordered = g[unit_order[bounds[first] : bounds[last]]]
        products = np.einsum("uai,ubj->uabij", ordered, ordered)
        out[first:last] = add_up(products, class_starts[first:last] - bounds[first])
        first = last
    return out


def _keys(S: Array) -> NDArray[Any]:
    """One sortable key a matrix: its value for q = 1, its bytes otherwise."""
    flat = np.ascontiguousarray(S.reshape(len(S), -1))
    return flat[:, 0] if flat.shape[1] == 1 else flat.view(np.dtype((np.void, flat.shape[1] * 8))).ravel()
