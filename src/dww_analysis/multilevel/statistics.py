"""Reduce the rows of a design once to cross-products per unit, so that a deviance no longer depends on the
rows.

Rows are sorted so that the units of every link lie together inside their parents; sums over units are then
sums over consecutive rows. A new response changes one row and one column of every matrix and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .elimination import Index, Level, add_up
from .leaf import PooledLeaf
from .model import Array, Design
from .scaling import Columns, Scaling, list_columns
from .structure import Link, Plan

CHUNK = 262_144  # rows whose products are held at one time


@dataclass(frozen=True, eq=False)
class Tree:
    """The sorted rows and, per link, where units and their parents begin."""

    order: Index  # (n,) rows sorted by the coarsest link, then by finer ones
    units: tuple[Index, ...]  # per link: (N,) label of the k-th unit in sorted order
    row_starts: tuple[Index, ...]  # per link: (N,) first sorted row of every unit
    child_starts: tuple[Index, ...]  # per link: (n_parents,) first unit of every parent
    parents: tuple[Index, ...]  # per link: (N,) parent of every unit


def sort_rows(links: tuple[Link, ...], n: int) -> Tree:
    """Sorted order of the rows and the borders of units and parents at every link."""
    order = np.lexsort([link.codes for link in links]) if links else np.arange(n)
    borders = []
    new_parent = np.zeros(n, dtype=bool)
    new_parent[0] = True
    for link in reversed(links):  # the coarsest first: a border of a parent is a border of its children
        codes = link.codes[order]
        border = new_parent.copy()
        border[1:] |= codes[1:] != codes[:-1]
        borders.append(border)
        new_parent = border
    borders.reverse()
    row_starts = tuple(np.flatnonzero(b) for b in borders)
    units = tuple(link.codes[order[s]] for link, s in zip(links, row_starts, strict=True))
    child_starts, parents = [], []
    for i, starts in enumerate(row_starts):
        above = row_starts[i + 1] if i + 1 < len(row_starts) else np.zeros(1, dtype=np.intp)
        child_starts.append(np.searchsorted(starts, above))
        parents.append(np.searchsorted(above, starts, side="right") - 1)
    return Tree(order, units, row_starts, tuple(child_starts), tuple(parents))


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
class Reduced:
    """Statistics of one design and one response: a finest link, pooled or not, and the levels above it."""

    plan: Plan
    tree: Tree
    columns: Columns
    sorted_columns: Array  # (n, w) all columns in sorted order; the response last
    leaf: PooledLeaf | None
    base: Array | None  # (N, w, w) cross-products of the finest units where they are not pooled
    levels: tuple[Level, ...]  # the links that are eliminated level by level, finest first
    alive: tuple[Index, ...]  # per link: the columns coarser links need


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


def full_columns(design: Design, scaling: Scaling, plan: Plan, columns: Columns) -> Array:
    """(n, w) dense columns, spread columns filled in, and an empty place for the response."""
    n, d = columns.dense.shape
    U = np.zeros((n, columns.width))
    U[:, :d] = columns.dense
    rows = np.arange(n)
    for link in plan.links:
        for r, position in link.local.items():
            q = len(design.random[r].names)
            Z = design.random[r].Z / scaling.z_scales[r]
            Z = Z if scaling.root_weights is None else Z * scaling.root_weights[:, None]
            for j in range(q):
                U[rows, columns.spread_at[r] + position * q + j] = Z[:, j]
    return U


def reduce_rows(design: Design, scaling: Scaling, plan: Plan, y: Array) -> Reduced:
    """Statistics of the design for the weighted, scaled response `y` (n,)."""
    columns = list_columns(design, scaling, plan)
    tree = sort_rows(plan.links, design.n)
    U = full_columns(design, scaling, plan, columns)[tree.order]
    U[:, -1] = y[tree.order]
    z = [z_places(columns, design, link) for link in plan.links]
    alive = _alive_columns(columns, z)
    leaf = _pool(U, tree, np.array(z[0], dtype=np.intp), alive[0]) if z and z[0] else None
    base, levels = None, []
    incoming = np.arange(columns.width)
    if leaf is None:
        base = sum_products(U, U, tree.row_starts[0])
    for i in range(len(z)):
        if i > 0 or leaf is None:
            levels.append(_level(tree, i, np.array(z[i], dtype=np.intp), incoming, alive[i]))
        incoming = alive[i]
    return Reduced(plan, tree, columns, U, leaf, base, tuple(levels), alive)


def _alive_columns(columns: Columns, z: list[list[int]]) -> tuple[Index, ...]:
    needed = {*columns.x_at, columns.y_at}
    out = []
    for places in reversed(z):
        out.append(np.array(sorted(needed), dtype=np.intp))
        needed |= set(places)
    return tuple(reversed(out))


def _level(tree: Tree, i: int, z: Index, incoming: Index, keep: Index) -> Level:
    return Level(
        np.searchsorted(incoming, z), np.searchsorted(incoming, keep), tree.child_starts[i], tree.parents[i]
    )


def _pool(U: Array, tree: Tree, z: Index, keep: Index) -> PooledLeaf | None:
    """Pool the finest units by parent and pattern; None where too few units share a pattern for it to pay."""
    q, starts, parent = len(z), tree.row_starts[0], tree.parents[0]
    Z = U[:, z]
    S = sum_products(Z, Z, starts)
    _, first, pattern = np.unique(_keys(S), return_index=True, return_inverse=True)
    pattern = pattern.ravel()
    cell = parent * len(first) + pattern
    unit_order = np.argsort(cell, kind="stable")
    ordered = cell[unit_order]
    class_starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    if q > 1 and len(class_starts) * q * q > len(S):
        return None
    g = sum_products(Z, U[:, keep], starts)
    above = tree.row_starts[1] if len(tree.row_starts) > 1 else np.zeros(1, dtype=np.intp)
    total = sum_products(U[:, keep], U[:, keep], above)
    class_parent = parent[unit_order[class_starts]]
    sorted_g = g[unit_order]
    H = add_up(np.einsum("uai,ubj->uabij", sorted_g, sorted_g), class_starts)
    return PooledLeaf(
        S=S[first],
        count=np.bincount(pattern).astype(float),
        pattern=pattern[unit_order[class_starts]],
        starts=np.searchsorted(class_parent, np.arange(len(above))),
        H=H,
        total=total,
        g=g,
        unit_pattern=pattern,
        unit_parent=parent,
        unit_order=unit_order,
        class_starts=class_starts,
    )


def _keys(S: Array) -> Array:
    """One sortable key a matrix: its value for q = 1, its bytes otherwise."""
    flat = np.ascontiguousarray(S.reshape(len(S), -1))
    return flat[:, 0] if flat.shape[1] == 1 else flat.view(np.dtype((np.void, flat.shape[1] * 8))).ravel()
