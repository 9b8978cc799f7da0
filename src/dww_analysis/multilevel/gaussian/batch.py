"""One design for many outcomes at once: what depends on X and Z alone, laid out for all of them.

For models whose random terms have one column each, all effects but those of the finest link lie inside the units of the
coarsest link (a team, or an organisation). In such a unit the columns of Z and X span few dimensions: with teams
allocated and three waves, the three cells team by wave carry them all. So a unit is kept as cross-products of a basis
C of that span, [Z X] = C D, and every refit works on matrices of the order of that basis. The leaf (persons) is
pooled by unit and by Z'Z, as in `leaf`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..model import Array, Design
from .chain import Chain
from .likelihood import Criterion
from .scaling import Scaling, scale_response

Index = NDArray[np.intp]
Flags = NDArray[np.bool_]
DEPENDENT = 1e-11  # a column whose rest outside the basis is smaller, relative to its length, is inside
MOST_WORK = 30_000  # sum over units of the cubed dimension, above which the general search is not slower


class Rows(NamedTuple):
    """How responses are reduced, as sparse matrices: n rows, N leaf units, U units of d columns, c classes."""

    to_leaves: Any  # (N, n) z'
    to_units: Any  # (U d, n) C'
    to_classes: Any  # (c d, N) z'C of every leaf unit
    in_unit: Any  # (U, n) ones
    in_class: Any  # (c, N) ones


class Sums(NamedTuple):
    """Cross-products of r responses with the columns of a design."""

    a: Array  # (r, U, d) C'y
    s: Array  # (r, U) y'y
    class_a: Array  # (r, c, d) sums of g t over the leaf units of a class: g = C'z, t = z'y
    class_s: Array  # (r, c) sums of t t


class Scaled(NamedTuple):
    """Responses (n, r) made fit for the search, as `scaling.Response`."""

    values: Array  # (n, r) weighted
    start: Array  # (p, r) least-squares coefficients
    scale: Array  # (r,)


def scale_responses(criterion: Criterion, Y: Array) -> Scaled:
    """Least-squares residuals of the columns of Y (n, r) in units of their SD; refuses as `scale_response` does."""
    design, scaling = criterion.design, criterion.scaling
    root = np.ones(design.n) if scaling.root_weights is None else scaling.root_weights
    target, X, T = (Y - design.offset[:, None]) * root[:, None], design.X * root[:, None], scaling.T
    start = T @ np.linalg.solve(T.T @ scaling.gram @ T, T.T @ (X.T @ target))
    rest = target - X @ start
    scale, size = (np.sqrt((columns**2).mean(axis=0)) for columns in (rest, target))
    bad = ~np.isfinite(scale) | (scale <= 1e-12 * size) | (scale == 0.0)
    if bad.any():
        scale_response(design, scaling, Y[:, bad.argmax()])
    return Scaled(rest / scale, start, scale)


def reduce_responses(rows: Rows, Y: Array, d: int) -> Sums:
    """Cross-products of the responses Y (n, r)."""
    t = rows.to_leaves @ Y
    r = Y.shape[1]
    a = (rows.to_units @ Y).T.reshape(r, -1, d)
    class_a = (rows.to_classes @ t).T.reshape(r, -1, d)
    return Sums(*map(np.ascontiguousarray, (a, (rows.in_unit @ Y**2).T, class_a, (rows.in_class @ t**2).T)))


class Units(NamedTuple):
    """U units and c classes of leaf units in them, k variance ratios, p columns of X."""

    class_starts: Index  # (U + 1,) first class of every unit, and the end
    class_pattern: Index  # (c,)
    H: Array  # (c, d, d) sums of g g' over the leaf units of a class
    S: Array  # (patterns,) z'z
    n_leaves: Array  # (patterns,) leaf units with that z'z
    total: Array  # (U, d, d) C'C
    B: Array  # (k - 1, U, d, d) derivative of C's random covariance in every upper variance ratio
    upper: Index  # (k - 1,) places of the upper terms among the variance ratios
    leaf_at: int  # place of the leaf term
    group: Index  # (U,) units with the same D
    D: Array  # (groups, d, p) X = C D
    active: Index  # (groups, p) columns of X that are not zero in the group, first
    n_active: Index  # (groups,)


def work_of(units: Units) -> int:
    """What one evaluation of a response costs: the cubed dimension, over all units."""
    U, d, _ = units.total.shape
    return U * d**3


class BatchDesign(NamedTuple):
    """What evaluations of many responses take, in compiled loops or in numpy."""

    rows: Rows
    units: Units


class Evaluation(NamedTuple):
    """r responses, each at ratios of its own, in scaled units; m contrasts. The last four are filled on demand."""

    value: Array  # (r,) criterion without its constant
    first: Array  # (r, k) derivatives in the ratios
    second: Array  # (r, k, k)
    expected: Array  # (r, k, k) expected second derivatives
    rss: Array  # (r,)
    beta: Array  # (r, p)
    tests: (
        Array  # (3, r, m) plain and adjusted variance of the contrasts, the residual variance being one; df
    )
    safe: Flags  # (r,) whether the information of the variances has an inverse

    @staticmethod
    def empty(r: int, k: int, p: int, m: int) -> Evaluation:
        """Missing values throughout."""
        shapes = ((r,), (r, k), (r, k, k), (r, k, k), (r,), (r, p), (3, r, m))
        parts: list[Any] = [np.full(shape, np.nan) for shape in shapes]
        return Evaluation(*[*parts, np.zeros(r, dtype=bool)])


def batch_design(criterion: Criterion) -> BatchDesign | None:
    """The design laid out for many responses; None where that is not possible.

    It needs random terms of one column each, of which one alone has the finest groups, no sparse path, and units small
    enough.
    """
    kernel = criterion.kernel
    if not isinstance(kernel, Chain) or set(criterion.sizes) != {1} or kernel.reduced.leaf is None:
        return None
    links = kernel.reduced.plan.links
    if len(links[0].parts) != 1 or links[0].parts[0].copies != 1:
        return None
    design, scaling = criterion.design, criterion.scaling
    leaf_at = links[0].parts[0].term
    upper = [r for r in range(len(design.random)) if r != leaf_at]
    unit = (
        kernel.reduced.tree.row_unit(len(links) - 1) if len(links) > 1 else np.zeros(design.n, dtype=np.intp)
    )
    bases = _bases(design, scaling, unit, upper)
    d = max(basis.C.shape[1] for basis in bases)
    if len(bases) * d**3 > MOST_WORK:
        return None
    return _lay_out(criterion, unit, bases, leaf_at, upper, d)


class _Basis(NamedTuple):
    """One unit: rows, basis columns (rows, d), coordinates of X (d, p), and of the effects of every upper term."""

    rows: Index
    C: Array
    D: Array
    effects: tuple[Array, ...]


def _bases(design: Design, scaling: Scaling, unit: Index, upper: list[int]) -> list[_Basis]:
    X = design.X @ scaling.T
    X = X if scaling.root_weights is None else X * scaling.root_weights[:, None]
    Z = {r: scaling.scaled_z(r, design.random[r].Z)[:, 0] for r in upper}
    order = np.argsort(unit, kind="stable")
    bounds = np.searchsorted(unit[order], np.arange(int(unit.max()) + 2))
    codes = {r: design.random[r].codes for r in upper}
    out = []
    for first, last in pairwise(bounds):
        rows = order[first:last]
        out.append(_basis(rows, X[rows], [_spread(Z[r][rows], codes[r][rows]) for r in upper]))
    return out


def _spread(column: Array, codes: Index) -> Array:
    """(rows, levels) one column a level."""
    levels, local = np.unique(codes, return_inverse=True)
    out = np.zeros((len(column), len(levels)))
    out[np.arange(len(column)), local.ravel()] = column
    return out


def _basis(rows: Index, X: Array, effects: list[Array]) -> _Basis:
    """Columns are taken from the term with most levels on, those of X last: units of one kind get the same D."""
    ordered = sorted(effects, key=lambda e: -e.shape[1])
    C = independent_columns(np.hstack([*ordered, X]))
    D = np.linalg.lstsq(C, np.hstack([X, *effects]), rcond=None)[0]
    D[np.abs(D) < 1e-13 * max(1.0, np.abs(D).max(initial=0.0))] = 0.0
    parts = np.split(D, np.cumsum([X.shape[1], *(e.shape[1] for e in effects)])[:-1], axis=1)
    return _Basis(rows, C, parts[0], tuple(parts[1:]))


def independent_columns(columns: Array) -> Array:
    """(n, d) those columns, from the left, that are not combinations of the ones before."""
    kept: list[int] = []
    Q = np.zeros((len(columns), 0))
    for j, column in enumerate(columns.T):
        rest = column - Q @ (Q.T @ column)
        rest -= Q @ (Q.T @ rest)
        size = float(np.sqrt(rest @ rest))
        if size > DEPENDENT * float(np.sqrt(column @ column)):
            kept.append(j)
            Q = np.column_stack([Q, rest / size])
    return columns[:, kept]


def _lay_out(
    criterion: Criterion, unit: Index, bases: list[_Basis], leaf_at: int, upper: list[int], d: int
) -> BatchDesign:
    design, U, p = criterion.design, len(bases), criterion.design.X.shape[1]
    C, D, B = np.zeros((design.n, d)), np.zeros((U, d, p)), np.zeros((len(upper), U, d, d))
    for u, basis in enumerate(bases):
        width = basis.C.shape[1]
        C[basis.rows, :width] = basis.C
        D[u, :width] = basis.D
        for r, effects in enumerate(basis.effects):
            B[r, u, :width, :width] = effects @ effects.T
    term = design.random[leaf_at]
    z = np.ascontiguousarray(criterion.scaling.scaled_z(leaf_at, term.Z)[:, 0])
    total = np.stack([C[basis.rows].T @ C[basis.rows] for basis in bases])
    group, distinct = _same(D)
    active, n_active = _active(distinct)
    leaves = _pool(C, z, term.codes, term.n_levels, unit)
    starts = np.searchsorted(leaves.unit, np.arange(U + 1)).astype(np.intp)
    rows = Rows(
        _gathering(term.codes, term.n_levels, z[:, None]),
        _gathering(unit, U, C),
        _gathering(leaves.leaf_class, len(leaves.unit), leaves.g),
        _gathering(unit, U, np.ones((design.n, 1))),
        _gathering(leaves.leaf_class, len(leaves.unit), np.ones((term.n_levels, 1))),
    )
    units = Units(
        starts, leaves.pattern, leaves.H, leaves.S, leaves.n_leaves, total, B, np.array(upper, dtype=np.intp), leaf_at,
        group, distinct, active, n_active,
    )  # fmt: skip
    return BatchDesign(rows, units)


def _gathering(codes: Index, n_levels: int, columns: Array) -> Any:
    """(levels d, n) sparse matrix that adds up, by level, a vector times each of d columns (n, d)."""
    at, column = np.nonzero(columns)
    d = columns.shape[1]
    where = (codes[at] * d + column, at)
    return csr_matrix((columns[at, column], where), shape=(n_levels * d, len(codes)))


class _Leaves(NamedTuple):
    """Leaf units pooled by unit and by z'z; `unit` and `pattern` are those of the classes."""

    g: Array
    leaf_class: Index
    unit: Index
    pattern: Index
    H: Array
    S: Array
    n_leaves: Array


def _pool(C: Array, z: Array, codes: Index, n_leaves: int, unit: Index) -> _Leaves:
    g = np.zeros((n_leaves, C.shape[1]))
    np.add.at(g, codes, z[:, None] * C)
    leaf_unit = np.zeros(n_leaves, dtype=np.intp)
    leaf_unit[codes] = unit
    squares = np.bincount(codes, z**2, n_leaves)
    found, pattern, count = np.unique(squares, return_inverse=True, return_counts=True)
    S = np.asarray(found, dtype=np.float64)
    cells, leaf_class = np.unique(leaf_unit * len(S) + pattern.ravel(), return_inverse=True)
    leaf_class = leaf_class.ravel().astype(np.intp)
    H = np.zeros((len(cells), g.shape[1], g.shape[1]))
    np.add.at(H, leaf_class, g[:, :, None] * g[:, None, :])
    return _Leaves(
        g, leaf_class, cells // len(S), (cells % len(S)).astype(np.intp), H, S, count.astype(float)
    )


def _same(D: Array) -> tuple[Index, Array]:
    """(U,) group of every unit and (groups, d, p) the different matrices, equal but for rounding."""
    keys = np.round(D.reshape(len(D), -1), 12) + 0.0
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return group.ravel().astype(np.intp), np.ascontiguousarray(D[first])


def _active(D: Array) -> tuple[Index, Index]:
    used = (D != 0).any(axis=1)
    return np.argsort(~used, axis=1, kind="stable").astype(np.intp), used.sum(axis=1).astype(np.intp)
