"""The compiled loop over a level for links with few random columns, the usual case.

Thirty-two runs of consecutive units are worked through side by side, one unit of each at a time, and every number of a
unit lies beside that of the unit in the next lane, so that one instruction serves several. Lanes without a unit hold
zeros, which add nothing to any sum. Symmetric matrices over the columns are packed: `at` (w, w) gives the place of
an entry. The numbers are those of `_compiled.level_loop`; see `jets` for the formulas.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ._compiled import _invert, part

LANES = 32


@njit(cache=True, error_model="numpy")
def small_level_loop(G, Sigma, E, z, keep, bounds, a, old, new, ld, out):
    """As `_compiled.level_loop`."""
    add_level(G, Sigma, E, z, keep, bounds, a, old, new, ld, out)
    mirror(out)


@part
def mirror(out):
    """Fill the lower triangles (of a stack, T, parents, w, w) from the upper ones."""
    for t in range(out.shape[0]):
        for parent in range(out.shape[1]):
            for i in range(out.shape[2]):
                for j in range(i):
                    out[t, parent, i, j] = out[t, parent, j, i]


@part
def add_level(G, Sigma, E, z, keep, bounds, a, old, new, ld, out):
    """The same over upper triangles: those of `G` are read, those of `out` added to."""
    T, q, w, wk, b = len(ld), len(z), G.shape[2], len(keep), E.shape[0]
    runs = _runs(bounds)
    width = min(LANES, len(runs))
    at = _packed_places(w)
    every = np.arange(w)
    H = np.empty((G.shape[0], w * (w + 1) // 2, width))
    M, K, S = np.empty((q, q, width)), np.empty((q, q, width)), np.empty((q, q, width))
    F, Kg = np.empty((q, wk, width)), np.empty((q, w, width))
    EF, SEF, ES = np.empty((b, q, wk, width)), np.empty((b, q, wk, width)), np.empty((b, q, q, width))
    Y, YK = np.empty((a, w, q, width)), np.empty((a, w, q, width))
    SK, X, L = np.empty((a, q, q, width)), np.empty((w, q, width)), np.empty((q, wk, width))
    used = np.empty((b, q), dtype=np.bool_)  # rows of E_r that are not zero
    for r in range(b):
        for c in range(q):
            used[r, c] = (E[r, c] != 0.0).any()
    sums, log_dets = np.empty((T, wk * (wk + 1) // 2, width)), np.zeros((T, width))
    for first in range(0, len(runs), width):
        lanes = runs[first : first + width]
        sums[:] = 0.0
        for step in range(lanes[0, 1]):  # the first run is the longest
            _load(G, lanes, step, H)
            _solve(H, at, Sigma, z, M, K, S, log_dets[0])
            _multiply(M, H, at, z, keep, F)
            _multiply(K, H, at, z, every, Kg)
            _scale(F, S, E, used, EF, SEF, ES)
            _values(H, at, Kg, z, keep, sums[0])
            _own(F, EF, SEF, ES, used, a, new, log_dets, sums)
            for r in range(a):
                _pull(H, 1 + r, at, Kg, z, Y[r])
                _times(Y[r], K, YK[r])
                _trace(H, 1 + r, at, K, z, SK[r], log_dets[1 + r])
                _project(H, 1 + r, at, Kg, Y[r], z, keep, sums[1 + r])
                _right_of(Y[r], M, keep, L)
                for s in range(b):
                    t = new[r, a + s]
                    _mixed(H, 1 + r, at, M, L, E[s], EF[s], used[s], z, log_dets[t], sums[t])
            for r in range(a):
                for s in range(r, a):
                    t, source = new[r, s], old[r, s]
                    _pull(H, source, at, Kg, z, X)
                    _project(H, source, at, Kg, X, z, keep, sums[t])
                    _pair(H, source, at, K, z, keep, SK[r], SK[s], YK[r], Y[s], log_dets[t], sums[t])
        _give(sums, lanes, out)
    for t in range(T):
        ld[t] += log_dets[t].sum()


@part
def _runs(bounds):
    """(R, 3) first unit, number of units and parent of every run, longest first.

    The children of a parent are one run, cut where it would be longer than the lanes' share of all units.
    """
    longest = max(1, -(-bounds[-1] // LANES))
    counts = np.zeros(longest + 1, dtype=np.intp)  # runs by length
    for parent in range(len(bounds) - 1):
        whole, rest = divmod(bounds[parent + 1] - bounds[parent], longest)
        counts[longest] += whole
        counts[rest] += 1
    place, total = np.zeros(longest + 1, dtype=np.intp), 0
    for length in range(longest, 0, -1):
        place[length] = total
        total += counts[length]
    runs = np.empty((total, 3), dtype=np.intp)
    for parent in range(len(bounds) - 1):
        for first in range(bounds[parent], bounds[parent + 1], longest):
            length = min(longest, bounds[parent + 1] - first)
            at = place[length]
            place[length] += 1
            runs[at, 0], runs[at, 1], runs[at, 2] = first, length, parent
    return runs


@part
def _packed_places(w):
    """(w, w) places of the entries in a packed upper triangle."""
    at = np.empty((w, w), dtype=np.intp)
    p = 0
    for i in range(w):
        for j in range(i, w):
            at[i, j] = at[j, i] = p
            p += 1
    return at


@part
def _load(G, lanes, step, H):
    """The stack of one unit of every run, units last."""
    width, n = H.shape[-1], 0
    unit = np.empty(width, dtype=np.intp)
    while n < len(lanes) and step < lanes[n, 1]:  # runs are sorted by length
        unit[n] = lanes[n, 0] + step
        n += 1
    for t in range(G.shape[0]):
        p = 0
        for i in range(G.shape[2]):
            for j in range(i, G.shape[2]):
                for u in range(n):
                    H[t, p, u] = G[t, unit[u], i, j]
                for u in range(n, width):
                    H[t, p, u] = 0.0
                p += 1


@part
def _give(sums, lanes, out):
    """Add the lanes' sums to their parents."""
    alone, wk = out.shape[1] == 1, out.shape[2]
    for t in range(out.shape[0]):
        p = 0
        for i in range(wk):
            for j in range(i, wk):
                if alone:
                    out[t, 0, i, j] += sums[t, p, : len(lanes)].sum()
                else:
                    for u in range(len(lanes)):
                        out[t, lanes[u, 2], i, j] += sums[t, p, u]
                p += 1


@part
def _solve(H, at, Sigma, z, M, K, S, log_det):
    """M = (I + E'GE Sigma)^-1, K = Sigma M, S = M E'GE; the log-determinants are added up."""
    n, q = H.shape[-1], len(z)
    if q == 1:
        place, variance = at[z[0], z[0]], Sigma[0, 0]
        for u in range(n):
            A = 1.0 + H[0, place, u] * variance
            log_det[u] += np.log(A)
            M[0, 0, u], K[0, 0, u], S[0, 0, u] = 1.0 / A, variance / A, H[0, place, u] / A
        return
    A, inverse = np.empty((q, q)), np.empty((q, q))
    for u in range(n):
        for c in range(q):
            for d in range(q):
                total = 1.0 if c == d else 0.0
                for e in range(q):
                    total += H[0, at[z[c], z[e]], u] * Sigma[e, d]
                A[c, d] = total
        if q == 2:
            det = A[0, 0] * A[1, 1] - A[0, 1] * A[1, 0]
            inverse[0, 0], inverse[1, 1] = A[1, 1] / det, A[0, 0] / det
            inverse[0, 1], inverse[1, 0] = -A[0, 1] / det, -A[1, 0] / det
            log_det[u] += np.log(det)
        else:
            log_det[u] += _invert(A, inverse)
        for c in range(q):
            for d in range(q):
                M[c, d, u] = inverse[c, d]
                left, right = 0.0, 0.0
                for e in range(q):
                    left += Sigma[c, e] * inverse[e, d]
                    right += inverse[c, e] * H[0, at[z[e], z[d]], u]
                K[c, d, u], S[c, d, u] = left, right


@part
def _multiply(M, H, at, z, columns, F):
    """F = M E'G over some columns."""
    n = H.shape[-1]
    for c in range(len(z)):
        for i in range(len(columns)):
            for d in range(len(z)):
                p = at[z[d], columns[i]]
                if d == 0:
                    for u in range(n):
                        F[c, i, u] = M[c, d, u] * H[0, p, u]
                else:
                    for u in range(n):
                        F[c, i, u] += M[c, d, u] * H[0, p, u]


@part
def _scale(F, S, E, used, EF, SEF, ES):
    """E_r F, S E_r F and E_r S for every parameter of the link."""
    n, b, q, wk = F.shape[-1], EF.shape[0], EF.shape[1], EF.shape[2]
    EF[:] = 0.0
    SEF[:] = 0.0
    ES[:] = 0.0
    for r in range(b):
        for c in range(q):
            for d in range(q):
                weight = E[r, c, d]
                if weight != 0.0:
                    for i in range(wk):
                        for u in range(n):
                            EF[r, c, i, u] += weight * F[d, i, u]
                    for e in range(q):
                        for u in range(n):
                            ES[r, c, e, u] += weight * S[d, e, u]
        for d in range(q):
            if used[r, d]:
                for c in range(q):
                    for i in range(wk):
                        for u in range(n):
                            SEF[r, c, i, u] += S[c, d, u] * EF[r, d, i, u]


@part
def _values(H, at, Kg, z, keep, total):
    """Add G~ = G - G E K E'G over the kept columns."""
    n, p = H.shape[-1], 0
    for i in range(len(keep)):
        for j in range(i, len(keep)):
            ki, kj = keep[i], keep[j]
            place = at[ki, kj]
            for u in range(n):
                total[p, u] += H[0, place, u]
            for c in range(len(z)):
                place = at[z[c], kj]
                for u in range(n):
                    total[p, u] -= Kg[c, ki, u] * H[0, place, u]
            p += 1


@part
def _own(F, EF, SEF, ES, used, a, new, log_dets, sums):
    """Derivatives in the parameters of this link."""
    n, b, q, wk = F.shape[-1], EF.shape[0], EF.shape[1], EF.shape[2]
    for r in range(b):
        t = 1 + a + r
        for c in range(q):
            for u in range(n):
                log_dets[t, u] += ES[r, c, c, u]
            if used[r, c]:
                p = 0
                for i in range(wk):
                    for j in range(i, wk):
                        for u in range(n):
                            sums[t, p, u] -= F[c, i, u] * EF[r, c, j, u]
                        p += 1
        for s in range(r, b):
            t = new[a + r, a + s]
            for c in range(q):
                if used[r, c]:
                    for d in range(q):
                        for u in range(n):
                            log_dets[t, u] -= ES[r, c, d, u] * ES[s, d, c, u]
                    _add_twice(EF[r, c], SEF[s, c], 1.0, sums[t])


@part
def _add_twice(x, y, sign, total):
    """Add sign (x y' + y x') for x, y (w, lanes)."""
    n, p = x.shape[-1], 0
    for i in range(len(x)):
        for j in range(i, len(x)):
            for u in range(n):
                total[p, u] += sign * (x[i, u] * y[j, u] + y[i, u] * x[j, u])
            p += 1


@part
def _pull(H, t, at, Kg, z, Y):
    """Y = P G_t E with P = I - (E K E'G)'."""
    n, q = H.shape[-1], len(z)
    for i in range(Kg.shape[1]):
        for c in range(q):
            p = at[z[c], i]
            for u in range(n):
                Y[i, c, u] = H[t, p, u]
            for d in range(q):
                p = at[z[d], z[c]]
                for u in range(n):
                    Y[i, c, u] -= Kg[d, i, u] * H[t, p, u]


@part
def _times(Y, K, YK):
    """Y K."""
    n, q = Y.shape[-1], K.shape[0]
    YK[:] = 0.0
    for i in range(Y.shape[0]):
        for c in range(q):
            for d in range(q):
                for u in range(n):
                    YK[i, c, u] += Y[i, d, u] * K[d, c, u]


@part
def _right_of(Y, M, keep, L):
    """L = (P G_r P'E)' = M Y' over the kept columns."""
    n, q = Y.shape[-1], M.shape[0]
    L[:] = 0.0
    for i in range(len(keep)):
        ki = keep[i]
        for c in range(q):
            for d in range(q):
                for u in range(n):
                    L[c, i, u] += Y[ki, d, u] * M[c, d, u]


@part
def _trace(H, t, at, K, z, SK, log_det):
    """S_r K with S_r = E'G_r E, and its trace."""
    n, q = H.shape[-1], len(z)
    SK[:] = 0.0
    for c in range(q):
        for e in range(q):
            p = at[z[c], z[e]]
            for d in range(q):
                for u in range(n):
                    SK[c, d, u] += H[t, p, u] * K[e, d, u]
        for u in range(n):
            log_det[u] += SK[c, c, u]


@part
def _project(H, t, at, Kg, Y, z, keep, total):
    """Add P G_t P' over the kept columns, from Y = P G_t E."""
    n, p = H.shape[-1], 0
    for i in range(len(keep)):
        for j in range(i, len(keep)):
            ki, kj = keep[i], keep[j]
            place = at[ki, kj]
            for u in range(n):
                total[p, u] += H[t, place, u]
            for c in range(len(z)):
                place = at[z[c], kj]
                for u in range(n):
                    total[p, u] -= Kg[c, ki, u] * H[t, place, u] + Y[ki, c, u] * Kg[c, kj, u]
            p += 1


@part
def _mixed(H, t, at, M, L, E, EF, used, z, log_det, total):
    """An earlier parameter r and an own one s: P G_r P'E S_s F, and tr(M S_r M'E_s)."""
    n, q = H.shape[-1], len(z)
    for c in range(q):
        if not used[c]:
            continue
        for d in range(q):
            weight = E[c, d]
            if weight != 0.0:
                for e in range(q):
                    for f in range(q):
                        p = at[z[e], z[f]]
                        for u in range(n):
                            log_det[u] += weight * M[c, e, u] * H[t, p, u] * M[d, f, u]
        _add_twice(L[c], EF[c], -1.0, total)


@part
def _pair(H, t, at, K, z, keep, SK_r, SK_s, YK_r, Y_s, log_det, total):
    """Two earlier parameters: what P G_rs P' still lacks, -(Y_r K Y_s' + transposed)."""
    n, q = H.shape[-1], len(z)
    for c in range(q):
        for d in range(q):
            p = at[z[c], z[d]]
            for u in range(n):
                log_det[u] += K[c, d, u] * H[t, p, u] - SK_r[c, d, u] * SK_s[d, c, u]
    p = 0
    for i in range(len(keep)):
        for j in range(i, len(keep)):
            ki, kj = keep[i], keep[j]
            for c in range(q):
                for u in range(n):
                    total[p, u] -= YK_r[ki, c, u] * Y_s[kj, c, u] + YK_r[kj, c, u] * Y_s[ki, c, u]
            p += 1
