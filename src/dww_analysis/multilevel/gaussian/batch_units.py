"""Second-order expansion of log|V| and [X y]'V^-1[X y] in the variance ratios for many responses, each at its own
ratios, in numpy.

The formulas are those of `_compiled_units`. Arrays over units and responses come last, (..., U, R): one operation on
the entries of a small matrix serves all of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from ..model import Array
from .batch import Index, Sums, Units
from .jets import pair_places, stack_size


class Gathering(NamedTuple):
    """How the units' matrices add up to those of X, as sparse matrices."""

    matrix: Any  # (p p, d d U) sum of D'MD over the units, M symmetric
    vector: Any  # (p, d U) sum of D'm


class Stacked(NamedTuple):
    """A design laid out for numpy: classes of leaf units stand in slots, the s-th class of every unit in slot s."""

    H: Array  # (slots, d, d, U, 1) zeros where a unit has fewer classes
    pattern: Index  # (slots, U)
    S: Array  # (patterns, 1)
    n_leaves: Array  # (patterns, 1)
    total: Array  # (d, d, U, 1)
    B: Array  # (k - 1, d, d, U, 1)
    upper: Index  # (k - 1,)
    leaf_at: int
    slot: Index  # (c,) of every class
    unit: Index  # (c,)
    gathering: Gathering

    @property
    def size(self) -> int:
        """Numbers of one matrix a unit, for one response."""
        return int(self.total.size)


class StackedSums(NamedTuple):
    """Cross-products of R responses."""

    a: Array  # (d, U, R) C'y
    s: Array  # (R,) y'y
    class_a: Array  # (slots, d, U, R)
    class_s: Array  # (slots, U, R)

    def of(self, which: Index) -> StackedSums:
        """Those of some responses."""
        return StackedSums(*(part[..., which] for part in self))


def stacked(units: Units) -> Stacked:
    """The design of `batch.batch_design` laid out for numpy."""
    sizes = np.diff(units.class_starts)
    U, d = len(sizes), units.total.shape[1]
    unit = np.repeat(np.arange(U), sizes)
    slot = np.arange(len(unit)) - units.class_starts[unit]
    H = np.zeros((int(sizes.max()), d, d, U, 1))
    H[slot, :, :, unit, 0] = units.H
    pattern = np.zeros((len(H), U), dtype=np.intp)
    pattern[slot, unit] = units.class_pattern
    last = np.moveaxis(units.total, 0, -1)[..., None], np.moveaxis(units.B, 1, -1)[..., None]
    total, B = map(np.ascontiguousarray, last)
    S, n_leaves = units.S[:, None], units.n_leaves[:, None]
    gathering = _gathering(units.D[units.group])
    return Stacked(H, pattern, S, n_leaves, total, B, units.upper, units.leaf_at, slot, unit, gathering)


def _gathering(D: Array) -> Gathering:
    """From the coordinates D (U, d, p) of X in every unit."""
    U, d, p = D.shape
    weights = np.einsum("uia,ujb->abiju", D, D)
    folded = np.triu(np.ones((d, d), dtype=bool), 1)[
        :, :, None
    ]  # entries below the diagonal repeat those above
    weights = np.where(folded, weights + np.swapaxes(weights, 2, 3), weights)
    weights = np.where(np.swapaxes(folded, 0, 1), 0.0, weights)
    columns = np.moveaxis(D, 0, -1).swapaxes(0, 1)  # (p, d, U)
    matrix, vector = weights.reshape(p * p, d * d * U), columns.reshape(p, d * U)
    return Gathering(csr_matrix(matrix), csr_matrix(vector))


def stacked_sums(design: Stacked, sums: Sums) -> StackedSums:
    """The cross-products of r responses in the places of the design."""
    slots, d, U, r = len(design.H), design.total.shape[0], design.pattern.shape[1], len(sums.s)
    class_a, class_s = np.zeros((slots, d, U, r)), np.zeros((slots, U, r))
    class_a[design.slot, :, design.unit] = np.moveaxis(sums.class_a, 0, -1)
    class_s[design.slot, design.unit] = sums.class_s.T
    return StackedSums(np.ascontiguousarray(sums.a.T), sums.s.sum(axis=1), class_a, class_s)


class Expanded(NamedTuple):
    """Value, first and second derivatives (`jets.pair_places`) of R responses; p columns of X, y last."""

    ld: Array  # (T, R)
    G: Array  # (T, p + 1, p + 1, R)


class _Unit(NamedTuple):
    """Stacks over T derivatives: matrices, vectors and what y'V^-1y gets of them; log|V| on the way."""

    M: Array  # (T, d, d, U, R)
    m: Array  # (T, d, U, R)
    yy: Array  # (T, R)
    ld: Array  # (T, R)


def expand(design: Stacked, sums: StackedSums, ratios: Array) -> Expanded:
    """The expansion at `ratios` (R, k)."""
    k, R = ratios.shape[1], len(ratios)
    T, (d, _, U, _) = stack_size(k), design.total.shape
    out = _Unit(np.empty((T, d, d, U, R)), np.empty((T, d, U, R)), np.zeros((T, R)), np.zeros((T, R)))
    leaf = _leaf(design, sums, ratios[:, design.leaf_at], out)
    _at_units(design, leaf, ratios, out)
    _upper_derivatives(design, out)
    return _gathered(design.gathering, out)


class _Leaf(NamedTuple):
    """What is left of the units when the leaf is eliminated: value, first and second derivative in its ratio."""

    A: Array  # (3, d, d, U, R)
    a: Array  # (3, d, U, R)


def _leaf(design: Stacked, sums: StackedSums, ratio: Array, out: _Unit) -> _Leaf:
    S, at = design.S, design.leaf_at
    M = 1.0 / (1.0 + ratio * S)
    SM = S * M
    _, twice = _places(design)
    out.ld[0] = -(design.n_leaves * np.log(M)).sum(axis=0)
    out.ld[1 + at] = (design.n_leaves * SM).sum(axis=0)
    out.ld[twice[at, at]] = -(design.n_leaves * SM * SM).sum(axis=0)
    K = np.stack([ratio * M, M * M, -2.0 * SM * M * M])  # (3, patterns, R)
    d, U, R = sums.a.shape
    A, a, s = np.zeros((3, d, d, U, R)), np.zeros((3, d, U, R)), np.zeros((3, R))
    A[0], a[0], s[0] = design.total, sums.a, sums.s
    for slot, pattern in enumerate(design.pattern):
        for t in range(3):
            weight = K[t, pattern]
            A[t] -= weight * design.H[slot]
            a[t] -= weight * sums.class_a[slot]
            s[t] -= (weight * sums.class_s[slot]).sum(axis=0)
    for t, place in enumerate((0, 1 + at, twice[at, at])):
        out.yy[place] = s[t]
    return _Leaf(A, a)


def _places(design: Stacked) -> tuple[Index, Index]:
    """Places of the first (k,) and second (k, k) derivatives."""
    k = len(design.upper) + 1
    return 1 + np.arange(k), pair_places(k)


def _at_units(design: Stacked, leaf: _Leaf, ratios: Array, out: _Unit) -> None:
    """Value of every unit, and its derivatives in the leaf's ratio."""
    (A, A1, A2), (a, a1, a2) = leaf
    at = design.leaf_at
    first, twice = 1 + at, _places(design)[1][at, at]
    B = _covariance(design, ratios)
    N, log_det = inverse_of_one_and(_times(B, A))
    out.ld[0] += log_det
    out.M[0], out.m[0] = _times(A, N), _pulled(N, a)
    v = _applied(B, out.m[0])
    out.yy[0] -= _dot(a, v)
    W, A1v = _times(N, B), _applied(A1, v)
    e = a1 - A1v
    We, A1N, A1W = _applied(W, e), _times(A1, N), _times(A1, W)
    out.M[first], out.m[first] = _left_times(N, A1N), _pulled(N, e)
    out.yy[first] += _dot(v, A1v) - 2.0 * _dot(a1, v)
    out.ld[first] += _trace(W, A1)
    out.ld[twice] += _trace(W, A2) - _trace(A1W, A1W)
    A2v = _applied(A2, v)
    out.M[twice] = _left_times(N, _times(A2, N) - 2.0 * _times(A1W, A1N))
    out.m[twice] = _pulled(N, a2 - A2v - 2.0 * _applied(A1, We))
    out.yy[twice] += _dot(v, A2v) - 2.0 * (_dot(a2, v) + _dot(e, We))


def _covariance(design: Stacked, ratios: Array) -> Array:
    """(d, d, U, R) covariance of the upper effects in coordinates of C."""
    out: Array = np.zeros((*design.total.shape[:3], len(ratios)))
    for r, B in zip(design.upper, design.B, strict=True):
        out += B * ratios[:, r]
    return out


def _upper_derivatives(design: Stacked, out: _Unit) -> None:
    """First derivatives in the upper ratios, then all second derivatives with one of them."""
    first, second = _places(design)
    M, m, leaf = out.M, out.m, first[design.leaf_at]
    BA, Ba = [_times(B, M[0]) for B in design.B], [_applied(B, m[0]) for B in design.B]
    for r, at in enumerate(first[design.upper]):
        M[at], m[at] = -_left_times(BA[r], M[0]), -_pulled(BA[r], m[0])
        out.ld[at] += np.einsum("iiur->r", BA[r])
        out.yy[at] -= _dot(m[0], Ba[r])
    for r, at in enumerate(design.upper):
        t = second[at, design.leaf_at]
        M[t] = _minus_twice(BA[r], M[leaf])
        m[t] = -_pulled(BA[r], m[leaf]) - _applied(M[leaf], Ba[r])
        out.yy[t] -= 2.0 * _dot(Ba[r], m[leaf])
        out.ld[t] += _trace(np.broadcast_to(design.B[r], M[leaf].shape), M[leaf])
        for s in range(r, len(design.upper)):
            t, other = second[at, design.upper[s]], first[design.upper[s]]
            M[t] = _minus_twice(BA[r], M[other])
            m[t] = -_pulled(BA[r], m[other]) - _pulled(BA[s], m[first[at]])
            out.yy[t] -= 2.0 * _dot(Ba[r], m[other])
            out.ld[t] -= _trace(BA[r], BA[s])


def _gathered(gathering: Gathering, unit: _Unit) -> Expanded:
    T, d, U, R = unit.m.shape
    p = gathering.vector.shape[0]
    G = np.empty((T, p + 1, p + 1, R))
    for t in range(T):
        G[t, :p, :p] = (gathering.matrix @ unit.M[t].reshape(d * d * U, R)).reshape(p, p, R)
        G[t, :p, p] = G[t, p, :p] = gathering.vector @ unit.m[t].reshape(d * U, R)
        G[t, p, p] = unit.yy[t]
    return Expanded(unit.ld, G)


def _times(A: Array, B: Array) -> Array:
    """A B, matrices first."""
    out: Array = A[:, 0, None] * B[None, 0]
    for c in range(1, len(B)):
        out += A[:, c, None] * B[None, c]
    return out


def _left_times(A: Array, B: Array) -> Array:
    """A'B."""
    return _times(np.swapaxes(A, 0, 1), B)


def _applied(A: Array, x: Array) -> Array:
    """A x."""
    out: Array = A[:, 0] * x[0]
    for c in range(1, len(x)):
        out += A[:, c] * x[c]
    return out


def _pulled(A: Array, x: Array) -> Array:
    """A'x."""
    return _applied(np.swapaxes(A, 0, 1), x)


def _dot(x: Array, y: Array) -> Array:
    """(R,) x'y over all units."""
    out: Array = np.einsum("iur,iur->r", x, y)
    return out


def _trace(A: Array, B: Array) -> Array:
    """(R,) tr(A B) over all units."""
    out: Array = np.einsum("ijur,jiur->r", A, B)
    return out


def _minus_twice(BA: Array, M: Array) -> Array:
    """-(BA'M + its transpose)."""
    out = -_left_times(BA, M)
    return out + np.swapaxes(out, 0, 1)


def inverse_of_one_and(X: Array) -> tuple[Array, Array]:
    """(I + X)^-1 and log|I + X| summed over units (R,), by Gauss-Jordan with partial pivoting; overwrites X."""
    d = len(X)
    out, log_det = np.zeros_like(X), np.zeros(X.shape[-1])
    for i in range(d):
        X[i, i] += 1.0
        out[i, i] = 1.0
    for c in range(d):
        _largest_first(X, out, c)
        pivot = X[c, c].copy()
        log_det += np.log(np.abs(pivot)).sum(axis=0)
        X[c] /= pivot
        out[c] /= pivot
        for i in range(d):
            if i != c:
                factor = X[i, c].copy()
                X[i] -= factor * X[c]
                out[i] -= factor * out[c]
    return out, log_det


def _largest_first(X: Array, out: Array, c: int) -> None:
    """Let the row with the largest entry in column c, from row c on, be row c."""
    for i in range(c + 1, len(X)):
        swap = np.abs(X[i, c]) > np.abs(X[c, c])
        if swap.any():
            for M in (X, out):
                upper = np.where(swap, M[i], M[c])
                M[i] = np.where(swap, M[c], M[i])
                M[c] = upper
