"""Compiled second-order expansion of log|V| and [X y]'V^-1[X y] in the variance ratios of a units.

In a unit, A = C'V0^-1C and a = C'V0^-1y after the leaf has been eliminated, with derivatives in the leaf's ratio; B is
the covariance of the upper effects in coordinates of C. With N = (I + BA)^-1, W = NB and v = B N'a:
  value          A~ = AN,  a~ = N'a,  s~ = s - a'v
  leaf           N'A'N,  N'e with e = a' - A'v,  s' - 2 a'v + v'A'v
  leaf twice     N'A''N - 2 N'A'W A'N,  N'(a'' - A''v - 2 A'We),  s'' - 2 a''v + v'A''v - 2 e'We
  upper r        -A~B_rA~,  -A~B_ra~,  -a~'B_ra~
  any t, then r  the derivative of the line above in t
Every number is kept for LANES responses side by side, each at its own ratios, so that one instruction serves several.
Stacks hold the value, then the first, then the second derivatives (`jets.pair_places`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._compiled import _invert, part
from ._compiled_lanes import (
    LANES,
    add_bend,
    add_dot,
    add_trace,
    apply,
    fixed_apply,
    fixed_mul,
    left_apply,
    left_mul,
    minus_twice,
    mul,
    negate,
    subtract,
)

Floats = NDArray[np.float64]


class Work(NamedTuple):
    """Scratch space of an expansion over T matrices, and what it leaves behind: `ld` and `G`. Lanes last."""

    ld: Floats  # (T,)
    G: Floats  # (T, p + 1, p + 1) upper triangles
    K: Floats  # (3, patterns) leaf weights with derivatives
    A: Floats  # (3, d, d)
    a: Floats  # (3, d)
    s: Floats  # (3,)
    M: Floats  # (T, d, d) of one unit
    m: Floats  # (T, d)
    BA: Floats  # (k - 1, d, d) B_r A~
    Ba: Floats  # (k - 1, d)
    square: Floats  # (6, d, d) B, N, W and scratch: see the constants
    line: Floats  # (4, d) v and scratch
    sum_M: Floats  # (groups, T, d, d)
    sum_m: Floats  # (groups, T, d)
    place: NDArray[np.intp]  # (k, k) places of the second derivatives
    ratios: Floats  # (k,) where the expansion is
    y: Floats  # (U, d + 1) C'y and y'y of the responses at work
    class_y: Floats  # (c, d + 1)


B_AT, N_AT, W_AT, X_AT, Y_AT, Z_AT = 0, 1, 2, 3, 4, 5
V_AT, E_AT, WE_AT, ROW_AT = 0, 1, 2, 3


@part
def new_work(units):
    k, d, p = len(units.upper) + 1, units.D.shape[1], units.D.shape[2]
    T, groups = 1 + k + k * (k + 1) // 2, len(units.D)
    place, at = np.empty((k, k), dtype=np.intp), 1 + k
    for i in range(k):
        for j in range(i, k):
            place[i, j] = place[j, i] = at
            at += 1
    return Work(
        np.zeros((T, LANES)), np.zeros((T, p + 1, p + 1, LANES)), np.zeros((3, len(units.S), LANES)),
        np.zeros((3, d, d, LANES)), np.zeros((3, d, LANES)), np.zeros((3, LANES)), np.zeros((T, d, d, LANES)),
        np.zeros((T, d, LANES)), np.zeros((k - 1, d, d, LANES)), np.zeros((k - 1, d, LANES)),
        np.zeros((6, d, d, LANES)), np.zeros((4, d, LANES)), np.zeros((groups, T, d, d, LANES)),
        np.zeros((groups, T, d, LANES)), place, np.zeros((k, LANES)), np.zeros((len(units.group), d + 1, LANES)),
        np.zeros((len(units.H), d + 1, LANES)),
    )  # fmt: skip


@part
def load_lane(sums, response, ratios, lane, work):
    """Let a lane work on a response (a row of `sums`) at some ratios (k,)."""
    d = sums.a.shape[2]
    for r in range(len(ratios)):
        work.ratios[r, lane] = ratios[r]
    for u in range(sums.s.shape[1]):
        work.y[u, d, lane] = sums.s[response, u]
        for i in range(d):
            work.y[u, i, lane] = sums.a[response, u, i]
    for c in range(sums.class_s.shape[1]):
        work.class_y[c, d, lane] = sums.class_s[response, c]
        for i in range(d):
            work.class_y[c, i, lane] = sums.class_a[response, c, i]


@part
def _leaf_weights(units, work):
    """K and its derivatives by pattern; the leaf's part of log|V|."""
    at, twice, ratios = (
        1 + units.leaf_at,
        work.place[units.leaf_at, units.leaf_at],
        work.ratios[units.leaf_at],
    )
    for q in range(len(units.S)):
        S, count = units.S[q], units.n_leaves[q]
        for n in range(LANES):
            M = 1.0 / (1.0 + ratios[n] * S)
            work.ld[0, n] -= count * np.log(M)
            work.K[0, q, n] = ratios[n] * M
            work.ld[at, n] += count * S * M
            work.ld[twice, n] -= count * S * S * M * M
            work.K[1, q, n] = M * M
            work.K[2, q, n] = -2.0 * S * M * M * M


@part
def _eliminate_leaf(units, u, work):
    """A, a, s of one unit, with derivatives in the leaf's ratio."""
    d, A, a, s = units.total.shape[1], work.A, work.a, work.s
    A[:] = 0.0
    a[:] = 0.0
    s[:] = 0.0
    for n in range(LANES):
        s[0, n] = work.y[u, d, n]
    for i in range(d):
        for n in range(LANES):
            a[0, i, n] = work.y[u, i, n]
        for j in range(i, d):
            for n in range(LANES):
                A[0, i, j, n] = units.total[u, i, j]
    for c in range(units.class_starts[u], units.class_starts[u + 1]):
        for t in range(3):
            K = work.K[t, units.class_pattern[c]]
            for n in range(LANES):
                s[t, n] -= K[n] * work.class_y[c, d, n]
            for i in range(d):
                for n in range(LANES):
                    a[t, i, n] -= K[n] * work.class_y[c, i, n]
                for j in range(i, d):
                    for n in range(LANES):
                        A[t, i, j, n] -= K[n] * units.H[c, i, j]
    for t in range(3):
        for i in range(d):
            for j in range(i):
                for n in range(LANES):
                    A[t, i, j, n] = A[t, j, i, n]


@part
def _eliminate_upper(units, u, work):
    """A~, a~ and s~ of one unit; N, B and v are left for the derivatives."""
    d, last = units.total.shape[1], work.G.shape[1] - 1
    B, N, X, v = work.square[B_AT], work.square[N_AT], work.square[X_AT], work.line[V_AT]
    B[:] = 0.0
    for r in range(len(units.upper)):
        for i in range(d):
            for j in range(d):
                weight = units.B[r, u, i, j]
                if weight != 0.0:
                    for n in range(LANES):
                        B[i, j, n] += work.ratios[units.upper[r], n] * weight
    mul(B, work.A[0], X)
    _invert_lanes(X, N, work.ld)
    mul(work.A[0], N, work.M[0])
    left_apply(N, work.a[0], work.m[0])
    apply(B, work.m[0], v)
    for n in range(LANES):
        work.G[0, last, last, n] += work.s[0, n]
    add_dot(work.a[0], v, -1.0, work.G[0, last, last])


@part
def _invert_lanes(X, N, ld):
    """N = (I + X)^-1; adds log|I + X| to the values."""
    d = len(X)
    one, inverse = np.empty((d, d)), np.empty((d, d))
    for n in range(LANES):
        for i in range(d):
            for j in range(d):
                one[i, j] = X[i, j, n] + (1.0 if i == j else 0.0)
        ld[0, n] += _invert(one, inverse)
        for i in range(d):
            for j in range(d):
                N[i, j, n] = inverse[i, j]


@part
def _leaf_derivatives(units, work):
    at, twice = 1 + units.leaf_at, work.place[units.leaf_at, units.leaf_at]
    last, d = work.G.shape[1] - 1, units.total.shape[1]
    A1, A2, a1, a2 = work.A[1], work.A[2], work.a[1], work.a[2]
    N, W, X, Y, Z = (
        work.square[N_AT],
        work.square[W_AT],
        work.square[X_AT],
        work.square[Y_AT],
        work.square[Z_AT],
    )
    v, e, We, row = work.line[V_AT], work.line[E_AT], work.line[WE_AT], work.line[ROW_AT]
    mul(N, work.square[B_AT], W)
    apply(A1, v, e)
    for i in range(d):
        for n in range(LANES):
            e[i, n] = a1[i, n] - e[i, n]
    apply(W, e, We)
    mul(A1, N, X)
    left_mul(N, X, work.M[at])
    left_apply(N, e, work.m[at])
    add_dot(a1, v, -2.0, work.G[at, last, last])
    add_bend(v, A1, work.G[at, last, last])
    add_trace(W, A1, 1.0, work.ld[at])
    mul(A1, W, Y)
    add_trace(W, A2, 1.0, work.ld[twice])
    add_trace(Y, Y, -1.0, work.ld[twice])
    mul(Y, X, Z)
    mul(A2, N, X)
    apply(A2, v, row)
    apply(A1, We, Y[0])
    for i in range(d):
        for n in range(LANES):
            row[i, n] = a2[i, n] - row[i, n] - 2.0 * Y[0, i, n]
        for j in range(d):
            for n in range(LANES):
                X[i, j, n] -= 2.0 * Z[i, j, n]
    left_mul(N, X, work.M[twice])
    left_apply(N, row, work.m[twice])
    add_dot(a2, v, -2.0, work.G[twice, last, last])
    add_bend(v, A2, work.G[twice, last, last])
    add_dot(e, We, -2.0, work.G[twice, last, last])
    for n in range(LANES):
        work.G[at, last, last, n] += work.s[1, n]
        work.G[twice, last, last, n] += work.s[2, n]


@part
def _upper_derivatives(units, u, work):
    """First derivatives in the upper ratios, then all second derivatives with one of them."""
    uppers, leaf, last = len(units.upper), units.leaf_at, work.G.shape[1] - 1
    M, m, ld, G, X, row = work.M, work.m, work.ld, work.G, work.square[X_AT], work.line[ROW_AT]
    for r in range(uppers):
        t = 1 + units.upper[r]
        BA, Ba = work.BA[r], work.Ba[r]
        fixed_mul(units.B[r, u], M[0], BA)
        fixed_apply(units.B[r, u], m[0], Ba)
        left_mul(BA, M[0], M[t])
        left_apply(BA, m[0], m[t])
        negate(M[t], m[t])
        for i in range(len(Ba)):
            for n in range(LANES):
                ld[t, n] += BA[i, i, n]
        add_dot(m[0], Ba, -1.0, G[t, last, last])
    for r in range(uppers):
        BA, Ba = work.BA[r], work.Ba[r]
        t = work.place[leaf, units.upper[r]]
        minus_twice(BA, M[1 + leaf], X, M[t])
        left_apply(BA, m[1 + leaf], m[t])
        apply(M[1 + leaf], Ba, row)
        subtract(row, m[t])
        add_dot(Ba, m[1 + leaf], -2.0, G[t, last, last])
        fixed_mul(units.B[r, u], M[1 + leaf], X)
        for i in range(len(Ba)):
            for n in range(LANES):
                ld[t, n] += X[i, i, n]
        for s in range(r, uppers):
            t, other = work.place[units.upper[r], units.upper[s]], 1 + units.upper[s]
            minus_twice(BA, M[other], X, M[t])
            left_apply(BA, m[other], m[t])
            left_apply(work.BA[s], m[1 + units.upper[r]], row)
            subtract(row, m[t])
            add_dot(Ba, m[other], -2.0, G[t, last, last])
            add_trace(BA, work.BA[s], -1.0, ld[t])


@part
def _add_to_group(M, m, sum_M, sum_m):
    for t in range(len(m)):
        for i in range(m.shape[1]):
            for n in range(LANES):
                sum_m[t, i, n] += m[t, i, n]
            for j in range(m.shape[1]):
                for n in range(LANES):
                    sum_M[t, i, j, n] += M[t, i, j, n]


@part
def _gather(D, active, sum_M, sum_m, out, row):
    """Add D'(sum of A~)D and D'(sum of a~) of one group to G, over the columns of X that are not zero in it."""
    d, p = D.shape
    for t in range(len(sum_m)):
        for i in range(len(active)):
            at = active[i]
            row[:] = 0.0
            for c in range(d):
                weight = D[c, at]
                if weight != 0.0:
                    for n in range(LANES):
                        out[t, at, p, n] += weight * sum_m[t, c, n]
                    for e in range(d):
                        for n in range(LANES):
                            row[e, n] += weight * sum_M[t, c, e, n]
            for j in range(i, len(active)):
                other = active[j]
                for e in range(d):
                    weight = D[e, other]
                    if weight != 0.0:
                        for n in range(LANES):
                            out[t, at, other, n] += weight * row[e, n]


@part
def expand(units, work):
    """Fill `work.ld` and `work.G` for the responses and ratios that the lanes were loaded with."""
    work.ld[:] = 0.0
    work.G[:] = 0.0
    work.sum_M[:] = 0.0
    work.sum_m[:] = 0.0
    _leaf_weights(units, work)
    for u in range(len(units.group)):
        _eliminate_leaf(units, u, work)
        _eliminate_upper(units, u, work)
        _leaf_derivatives(units, work)
        _upper_derivatives(units, u, work)
        _add_to_group(work.M, work.m, work.sum_M[units.group[u]], work.sum_m[units.group[u]])
    for h in range(len(units.D)):
        _gather(
            units.D[h],
            units.active[h, : units.n_active[h]],
            work.sum_M[h],
            work.sum_m[h],
            work.G,
            work.line[ROW_AT],
        )
