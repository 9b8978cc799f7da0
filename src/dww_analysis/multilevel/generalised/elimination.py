"""Sparse elimination for random effects: factor, solve and selected inverse of I + A'WA without a sparse library.

Groups are eliminated from the inside out: the group with most levels first, then every group in which all groups
eliminated before are nested (persons, then teams, then organisations). Each of these steps is block-diagonal and is
done for all levels at once. Groups that are crossed with an eliminated one stay to the end; what is left of them is
solved as dense blocks, one per connected component of the design (one organisation, for example).
Leaves out any reordering within a crossed component: its cost is cubic in the number of its remaining effects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations_with_replacement

import numpy as np

from ..model import Array
from .pattern import (
    Group,
    IntArray,
    Pairs,
    all_combinations,
    component_labels,
    elimination_order,
    find_pairs,
    rank_within,
)


@dataclass(frozen=True, eq=False)
class _Update:
    """What eliminating one group does to the block of two later groups h1 <= h2."""

    h1: int
    h2: int
    left: IntArray  # pair of (eliminated, h1)
    right: IntArray  # pair of (eliminated, h2)
    target: IntArray  # level of h1 (h1 == h2, eliminated later), pair of (h1, h2), or first dense position
    stride: IntArray | None = None  # dense targets only: row stride of the component
    mirror: IntArray | None = None  # dense targets with h1 != h2: first position of the (h2, h1) block


@dataclass(eq=False)
class Factor:
    """A numeric factorisation; the arrays have their level or pair as the last axis."""

    log_det: float
    inverse_diagonal: dict[int, Array] = field(default_factory=dict)  # (q, q, J)
    gain: dict[tuple[int, int], Array] = field(default_factory=dict)  # D^-1 C, (q_a, q_h, P)
    dense_root: list[Array] = field(default_factory=list)  # lower Cholesky factor, one (K, m, m) a bucket


@dataclass(eq=False)
class SelectedInverse:
    """Entries of the inverse wherever two effects meet in a row."""

    diagonal: dict[int, Array]  # (q, q, J)
    pair: dict[tuple[int, int], Array]  # (q_a, q_b, P), a before b in elimination order


class Elimination:
    """The pattern of a design, found once; then `factor`, `solve` and `selected_inverse` for any weights."""

    def __init__(self, groups: tuple[Group, ...]) -> None:
        self.groups = groups
        self.chain, self.rest = elimination_order(groups)
        self.order = (*self.chain, *self.rest)
        self.later = {a: self.order[i + 1 :] for i, a in enumerate(self.order)}
        self.pairs: dict[tuple[int, int], Pairs] = {
            (a, b): find_pairs(groups[a], groups[b]) for a in self.order for b in self.later[a]
        }
        self._place_dense()
        self.updates = {
            a: [self._update(a, h1, h2) for h1, h2 in combinations_with_replacement(self.later[a], 2)]
            for a in self.chain
        }

    # ---- pattern -------------------------------------------------------------------------------------

    def _place_dense(self) -> None:
        """Give each remaining effect a place in a dense block; blocks of similar size share one array."""
        self.dense_base: dict[int, IntArray] = {}
        self.dense_local: dict[int, IntArray] = {}
        self.dense_stride: dict[int, IntArray] = {}
        self.buckets: list[tuple[int, int, int]] = []  # offset, number of components, size
        self.dense_size = 0
        if not self.rest:
            return
        label = component_labels(self.groups, self.order, self.pairs, self.rest)
        n_components = max(int(v.max()) for v in label.values()) + 1
        size = np.zeros(n_components, dtype=np.intp)
        for h in self.rest:
            q = self.groups[h].q
            self.dense_local[h] = size[label[h]] + rank_within(label[h]) * q
            size += np.bincount(label[h], minlength=n_components) * q
        base, stride = self._fill_buckets(size)
        for h in self.rest:
            self.dense_base[h], self.dense_stride[h] = base[label[h]], stride[label[h]]

    def _fill_buckets(self, size: IntArray) -> tuple[IntArray, IntArray]:
        base, stride = np.zeros_like(size), np.zeros_like(size)
        order = np.argsort(size, kind="stable")
        i = 0
        while i < len(order):
            limit = max(int(1.3 * size[order[i]]), 4)
            j = i + int(np.searchsorted(size[order[i:]], limit, side="right"))
            m = int(size[order[j - 1]])
            base[order[i:j]] = self.dense_size + np.arange(j - i) * m * m
            stride[order[i:j]] = m
            self.buckets.append((self.dense_size, j - i, m))
            self.dense_size += (j - i) * m * m
            i = j
        return base, stride

    def _update(self, a: int, h1: int, h2: int) -> _Update:
        p1, p2 = self.pairs[a, h1], self.pairs[a, h2]
        if h1 in self.chain:  # each level of a meets exactly one level of h1, so pairs are numbered by level
            left, right = p2.first, np.arange(p2.n)
            if h1 == h2:
                return _Update(h1, h2, left, right, p1.second)
            target = self.pairs[h1, h2].find(p1.second[left], p2.second, self.groups[h2].n_levels)
            return _Update(h1, h2, left, right, target)
        left, right = all_combinations(p1, p2, self.groups[a].n_levels)
        j1, j2 = p1.second[left], p2.second[right]
        place, stride = self._dense_place(h1, h2, j1, j2)
        mirror = None if h1 == h2 else self._dense_place(h2, h1, j2, j1)[0]
        return _Update(h1, h2, left, right, place, stride, mirror)

    def _dense_place(self, h1: int, h2: int, j1: IntArray, j2: IntArray) -> tuple[IntArray, IntArray]:
        stride = self.dense_stride[h1][j1]
        return self.dense_base[h1][j1] + self.dense_local[h1][j1] * stride + self.dense_local[h2][j2], stride

    # ---- numbers -------------------------------------------------------------------------------------

    def factor(self, A: list[Array], w: Array) -> Factor:
        """Factorise I + A'WA; A[g] is (q_g, n): the columns of group g times its covariance factor; w (n,)."""
        WA = [a * w for a in A]
        diagonal = {a: self._row_diagonal(a, A, WA) for a in self.chain}
        coupling = {
            (a, b): _sum_outer(A[a], WA[b], self.pairs[a, b].row, self.pairs[a, b].n)
            for a in self.chain
            for b in self.later[a]
        }
        dense = self._row_dense(A, WA)
        out = Factor(0.0)
        for a in self.chain:
            out.inverse_diagonal[a], log_det = _invert_small(diagonal[a])
            out.log_det += log_det
            self._eliminate(a, out, diagonal, coupling, dense)
        self._factor_dense(out, dense)
        return out

    def _row_diagonal(self, g: int, A: list[Array], WA: list[Array]) -> Array:
        group = self.groups[g]
        out = _sum_outer(A[g], WA[g], group.codes, group.n_levels, symmetric=True)
        for k in range(group.q):
            out[k, k] += 1.0
        return out

    def _row_dense(self, A: list[Array], WA: list[Array]) -> Array:
        dense = np.zeros(self.dense_size)
        for offset, count, m in self.buckets:
            dense[offset : offset + count * m * m].reshape(count, m, m)[:, range(m), range(m)] = 1.0
        for h1 in self.rest:
            levels = np.arange(self.groups[h1].n_levels)
            place, stride = self._dense_place(h1, h1, levels, levels)
            block = _sum_outer(A[h1], WA[h1], self.groups[h1].codes, len(levels), symmetric=True)
            _add_dense(dense, place, stride, block)
            for h2 in self.later[h1]:
                self._row_cross(dense, h1, h2, A, WA)
        return dense

    def _row_cross(self, dense: Array, h1: int, h2: int, A: list[Array], WA: list[Array]) -> None:
        pairs = self.pairs[h1, h2]
        block = _sum_outer(A[h1], WA[h2], pairs.row, pairs.n)
        place, stride = self._dense_place(h1, h2, pairs.first, pairs.second)
        _add_dense(dense, place, stride, block)
        place, stride = self._dense_place(h2, h1, pairs.second, pairs.first)
        _add_dense(dense, place, stride, block.transpose(1, 0, 2))

    def _eliminate(
        self,
        a: int,
        out: Factor,
        diagonal: dict[int, Array],
        coupling: dict[tuple[int, int], Array],
        dense: Array,
    ) -> None:
        for h in self.later[a]:
            out.gain[a, h] = _matmul(out.inverse_diagonal[a][:, :, self.pairs[a, h].first], coupling[a, h])
        for u in self.updates[a]:
            left = coupling[a, u.h1][:, :, u.left].transpose(1, 0, 2)
            block = _matmul(left, out.gain[a, u.h2][:, :, u.right])
            if u.stride is not None:
                _add_dense(dense, u.target, u.stride, -block)
                if u.mirror is not None:
                    _add_dense(dense, u.mirror, u.stride, -block.transpose(1, 0, 2))
            elif u.h1 == u.h2:
                diagonal[u.h1] -= _sum_by(block, u.target, self.groups[u.h1].n_levels)
            else:
                coupling[u.h1, u.h2] -= _sum_by(block, u.target, self.pairs[u.h1, u.h2].n)

    def _factor_dense(self, out: Factor, dense: Array) -> None:
        for offset, count, m in self.buckets:
            block = dense[offset : offset + count * m * m].reshape(count, m, m)
            root: Array = np.asarray(np.linalg.cholesky(block), dtype=np.float64)
            out.log_det += 2.0 * float(np.log(np.diagonal(root, axis1=1, axis2=2)).sum())
            out.dense_root.append(root)

    def solve(self, factor: Factor, b: list[Array]) -> list[Array]:
        """(I + A'WA)^-1 b, with b and the result as one (q_g, J_g) array a group."""
        work = [v.copy() for v in b]
        for a in self.chain:
            for h in self.later[a]:
                pairs = self.pairs[a, h]
                part = (factor.gain[a, h] * work[a][:, None, pairs.first]).sum(0)
                work[h] -= _sum_by(part, pairs.second, self.groups[h].n_levels)
        self._solve_dense(factor, work)
        for a in reversed(self.chain):
            x = (factor.inverse_diagonal[a] * work[a][None]).sum(1)
            for h in self.later[a]:
                pairs = self.pairs[a, h]
                part = (factor.gain[a, h] * work[h][None, :, pairs.second]).sum(1)
                x -= _sum_by(part, pairs.first, self.groups[a].n_levels)
            work[a] = x
        return work

    def _solve_dense(self, factor: Factor, work: list[Array]) -> None:
        if not self.rest:
            return
        flat = np.zeros(self.dense_size)  # the vector of a component lies on the first row of its block
        for h in self.rest:
            for k in range(self.groups[h].q):
                flat[self.dense_base[h] + self.dense_local[h] + k] = work[h][k]
        for (offset, count, m), root in zip(self.buckets, factor.dense_root, strict=True):
            view = flat[offset : offset + count * m * m].reshape(count, m, m)
            half = np.linalg.solve(root, view[:, 0, :, None])
            view[:, 0, :] = np.linalg.solve(root.transpose(0, 2, 1), half)[:, :, 0]
        for h in self.rest:
            place = self.dense_base[h] + self.dense_local[h]
            work[h] = np.stack([flat[place + k] for k in range(self.groups[h].q)])

    def selected_inverse(self, factor: Factor) -> SelectedInverse:
        """Inverse entries for all pairs of effects that meet in a row (Takahashi, Fagan and Chen 1973)."""
        dense = self._dense_inverse(factor)
        out = SelectedInverse({}, {})
        for h1 in self.rest:
            levels = np.arange(self.groups[h1].n_levels)
            out.diagonal[h1] = self._take_dense(dense, h1, h1, levels, levels)
            for h2 in self.later[h1]:
                pairs = self.pairs[h1, h2]
                out.pair[h1, h2] = self._take_dense(dense, h1, h2, pairs.first, pairs.second)
        for a in reversed(self.chain):
            self._invert_level(a, factor, out, dense)
        return out

    def _invert_level(self, a: int, factor: Factor, out: SelectedInverse, dense: Array) -> None:
        for h in self.later[a]:
            out.pair[a, h] = np.zeros_like(factor.gain[a, h])
        for u in self.updates[a]:
            block = self._inverse_block(u, out, dense)
            part = _matmul(factor.gain[a, u.h1][:, :, u.left], block)
            out.pair[a, u.h2] -= _sum_by(part, u.right, self.pairs[a, u.h2].n)
            if u.h1 != u.h2:
                part = _matmul(factor.gain[a, u.h2][:, :, u.right], block.transpose(1, 0, 2))
                out.pair[a, u.h1] -= _sum_by(part, u.left, self.pairs[a, u.h1].n)
        diagonal = factor.inverse_diagonal[a].copy()
        for h in self.later[a]:
            part = _matmul(out.pair[a, h], factor.gain[a, h].transpose(1, 0, 2))
            diagonal -= _sum_by(part, self.pairs[a, h].first, self.groups[a].n_levels)
        out.diagonal[a] = diagonal

    def _inverse_block(self, u: _Update, out: SelectedInverse, dense: Array) -> Array:
        if u.stride is not None:
            return _take_dense(dense, u.target, u.stride, self.groups[u.h1].q, self.groups[u.h2].q)
        if u.h1 == u.h2:
            return out.diagonal[u.h1][:, :, u.target]
        return out.pair[u.h1, u.h2][:, :, u.target]

    def _dense_inverse(self, factor: Factor) -> Array:
        dense = np.zeros(self.dense_size)
        for (offset, count, m), root in zip(self.buckets, factor.dense_root, strict=True):
            half = np.linalg.inv(root)
            view = dense[offset : offset + count * m * m].reshape(count, m, m)
            view[:] = half.transpose(0, 2, 1) @ half
        return dense

    def _take_dense(self, dense: Array, h1: int, h2: int, j1: IntArray, j2: IntArray) -> Array:
        place, stride = self._dense_place(h1, h2, j1, j2)
        return _take_dense(dense, place, stride, self.groups[h1].q, self.groups[h2].q)

    def row_products(self, inverse: SelectedInverse, A: list[Array]) -> list[Array]:
        """For every row the entries of (I + A'WA)^-1 a_i that belong to the row's own effects, (q_g, n) a group."""
        out = [np.zeros_like(a) for a in A]
        for g in self.order:
            codes, block = self.groups[g].codes, inverse.diagonal[g]
            for i in range(len(A[g])):
                for j in range(len(A[g])):
                    out[g][i] += block[i, j][codes] * A[g][j]
        for (a, b), block in inverse.pair.items():
            row = self.pairs[a, b].row
            for i in range(block.shape[0]):
                for j in range(block.shape[1]):
                    entry = block[i, j][row]
                    out[a][i] += entry * A[b][j]
                    out[b][j] += entry * A[a][i]
        return out


def _sum_by(values: Array, index: IntArray, n: int) -> Array:
    """Sum the last axis of `values` by `index` into n cells."""
    flat = values.reshape(-1, values.shape[-1])
    out = np.empty((len(flat), n))
    for k, row in enumerate(flat):
        out[k] = np.bincount(index, row, n)
    return out.reshape(*values.shape[:-1], n)


def _sum_outer(a: Array, b: Array, index: IntArray, n: int, symmetric: bool = False) -> Array:
    """Sum of the outer products a_i b_i' by `index`: (q_a, q_b, n)."""
    out = np.empty((len(a), len(b), n))
    for i in range(len(a)):
        for j in range(i + 1 if symmetric else len(b)):
            out[i, j] = np.bincount(index, a[i] * b[j], n)
            if symmetric:
                out[j, i] = out[i, j]
    return out


def _matmul(a: Array, b: Array) -> Array:
    """Products of small matrices kept along the last axis: (i, k, P) times (k, j, P)."""
    if a.shape[0] == a.shape[1] == b.shape[1] == 1:
        return a * b
    out = np.zeros((a.shape[0], b.shape[1], a.shape[2]))
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                out[i, j] += a[i, k] * b[k, j]
    return out


def _invert_small(M: Array) -> tuple[Array, float]:
    """Inverses and summed log-determinant of positive definite matrices kept along the last axis."""
    if len(M) == 1:
        return 1.0 / M, float(np.log(M).sum())
    root = np.linalg.cholesky(M.transpose(2, 0, 1))
    half = np.linalg.inv(root)
    inverse = np.ascontiguousarray((half.transpose(0, 2, 1) @ half).transpose(1, 2, 0))
    return inverse, 2.0 * float(np.log(np.diagonal(root, axis1=1, axis2=2)).sum())


def _add_dense(dense: Array, place: IntArray, stride: IntArray, block: Array) -> None:
    for i in range(block.shape[0]):
        for j in range(block.shape[1]):
            np.add.at(dense, place + i * stride + j, block[i, j])


def _take_dense(dense: Array, place: IntArray, stride: IntArray, q1: int, q2: int) -> Array:
    out = np.empty((q1, q2, len(place)))
    for i in range(q1):
        for j in range(q2):
            out[i, j] = dense[place + i * stride + j]
    return out
