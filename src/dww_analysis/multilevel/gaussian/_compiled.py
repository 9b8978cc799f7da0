"""Compiled loops (numba, cached on disk) behind `fast`; see `jets` for the formulas."""

from __future__ import annotations

import numpy as np
from numba import njit

# of a loop that only other loops call: no entry from Python is compiled
part = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]


@part
def _invert(A, out):
    """Inverse (Gauss-Jordan with partial pivoting) and log-determinant of a small matrix with positive determinant."""
    q = A.shape[0]
    for i in range(q):
        for j in range(q):
            out[i, j] = 1.0 if i == j else 0.0
    log_det = 0.0
    for c in range(q):
        best = c
        for i in range(c + 1, q):
            if abs(A[i, c]) > abs(A[best, c]):
                best = i
        if best != c:
            for j in range(q):
                A[c, j], A[best, j] = A[best, j], A[c, j]
                out[c, j], out[best, j] = out[best, j], out[c, j]
        pivot = A[c, c]
        log_det += np.log(abs(pivot))
        for j in range(q):
            A[c, j] /= pivot
            out[c, j] /= pivot
        for i in range(q):
            if i != c and A[i, c] != 0.0:
                factor = A[i, c]
                for j in range(q):
                    A[i, j] -= factor * A[c, j]
                    out[i, j] -= factor * out[c, j]
    return log_det


@part
def _times(A, B, out):
    """out = A B for small matrices."""
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            total = 0.0
            for k in range(A.shape[1]):
                total += A[i, k] * B[k, j]
            out[i, j] = total


@njit(cache=True, error_model="numpy")
def level_loop(G, Sigma, E, z, keep, bounds, a, old, new, ld, out):
    """Fill `ld` (T,) and `out` (T, n_parents, w, w); `bounds` holds the first unit of every parent and the end."""
    q, w, wk, b = len(z), G.shape[2], len(keep), E.shape[0]
    A = np.empty((q, q))
    S = np.empty((q, q))
    M = np.empty((q, q))
    K = np.empty((q, q))
    S_new = np.empty((q, q))
    g = np.empty((q, w))
    F = np.empty((q, w))
    Kg = np.empty((q, w))
    EF = np.empty((b, q, w))
    SEF = np.empty((b, q, w))
    ES = np.empty((b, q, q))
    Y = np.empty((a, w, q))
    YK = np.empty((a, w, q))
    PGP = np.empty((a, w, w))
    SK = np.empty((a, q, q))
    MSM = np.empty((q, q))
    work = np.empty((q, q))
    half = np.empty((w, w))
    for parent in range(len(bounds) - 1):
        for u in range(bounds[parent], bounds[parent + 1]):
            for i in range(q):
                for j in range(w):
                    g[i, j] = G[0, u, z[i], j]
                for j in range(q):
                    S[i, j] = G[0, u, z[i], z[j]]
            _times(S, Sigma, A)
            for i in range(q):
                A[i, i] += 1.0
            ld[0] += _invert(A, M)
            _times(Sigma, M, K)
            _times(M, S, S_new)
            _times(M, g, F)
            _times(K, g, Kg)
            for i in range(wk):
                for j in range(i, wk):
                    total = G[0, u, keep[i], keep[j]]
                    for c in range(q):
                        total -= Kg[c, keep[i]] * g[c, keep[j]]
                    out[0, parent, i, j] += total
            for r in range(b):
                _times(E[r], F, EF[r])
                _times(S_new, EF[r], SEF[r])
                _times(E[r], S_new, ES[r])
                t = 1 + a + r
                for i in range(q):
                    for j in range(q):
                        ld[t] += S_new[i, j] * E[r, i, j]
                for i in range(wk):
                    for j in range(i, wk):
                        total = 0.0
                        for c in range(q):
                            total += F[c, keep[i]] * EF[r, c, keep[j]]
                        out[t, parent, i, j] -= total
            for r in range(b):
                for s in range(r, b):
                    t = new[a + r, a + s]
                    for i in range(q):
                        for j in range(q):
                            ld[t] -= ES[r, i, j] * ES[s, j, i]
                    for i in range(wk):
                        for j in range(i, wk):
                            total = 0.0
                            for c in range(q):
                                total += EF[r, c, keep[i]] * SEF[s, c, keep[j]]
                                total += SEF[s, c, keep[i]] * EF[r, c, keep[j]]
                            out[t, parent, i, j] += total
            for r in range(a):
                _project(G[1 + r, u], Kg, z, half, Y[r], PGP[r])
                _times(Y[r], K, YK[r])
                for i in range(q):
                    for j in range(q):
                        total = 0.0
                        for c in range(q):
                            total += G[1 + r, u, z[i], z[c]] * K[c, j]
                        SK[r, i, j] = total
                        ld[1 + r] += K[i, j] * G[1 + r, u, z[i], z[j]]
                for i in range(wk):
                    for j in range(i, wk):
                        out[1 + r, parent, i, j] += PGP[r, keep[i], keep[j]]
                for i in range(q):  # M G_r M'
                    for j in range(q):
                        total = 0.0
                        for c in range(q):
                            total += M[i, c] * G[1 + r, u, z[c], z[j]]
                        work[i, j] = total
                for i in range(q):
                    for j in range(q):
                        total = 0.0
                        for c in range(q):
                            total += work[i, c] * M[j, c]
                        MSM[i, j] = total
                for s in range(b):
                    t = new[r, a + s]
                    for i in range(q):
                        for j in range(q):
                            ld[t] += MSM[i, j] * E[s, i, j]
                    for i in range(wk):
                        for j in range(i, wk):
                            total = 0.0
                            for c in range(q):
                                total += PGP[r, keep[i], z[c]] * EF[s, c, keep[j]]
                                total += PGP[r, keep[j], z[c]] * EF[s, c, keep[i]]
                            out[t, parent, i, j] -= total
            for r in range(a):
                for s in range(r, a):
                    t, source = new[r, s], old[r, s]
                    for i in range(q):
                        for j in range(q):
                            ld[t] += K[i, j] * G[source, u, z[i], z[j]] - SK[r, i, j] * SK[s, j, i]
                    _project_kept(G[source, u], Kg, z, keep, half)
                    for i in range(wk):
                        for j in range(i, wk):
                            total = half[i, j]
                            for c in range(q):
                                total -= YK[r, keep[i], c] * Y[s, keep[j], c]
                                total -= YK[r, keep[j], c] * Y[s, keep[i], c]
                            out[t, parent, i, j] += total
        for t in range(len(ld)):  # only upper triangles were added up
            for i in range(wk):
                for j in range(i):
                    out[t, parent, i, j] = out[t, parent, j, i]


@part
def _project(H, Kg, z, half, Y, PHP):
    """half = P H, Y = P H E, PHP = P H P' with P = I - (E K E'G)'."""
    q, w = Kg.shape
    for i in range(w):
        for j in range(w):
            total = H[i, j]
            for c in range(q):
                total -= Kg[c, i] * H[z[c], j]
            half[i, j] = total
    for i in range(w):
        for c in range(q):
            Y[i, c] = half[i, z[c]]
    for i in range(w):
        for j in range(w):
            total = half[i, j]
            for c in range(q):
                total -= Y[i, c] * Kg[c, j]
            PHP[i, j] = total


@part
def _project_kept(H, Kg, z, keep, out):
    """P H P' over the kept columns, for a symmetric H."""
    q, wk = Kg.shape[0], len(keep)
    for i in range(wk):
        for j in range(i, wk):
            total = H[keep[i], keep[j]]
            for c in range(q):
                total -= Kg[c, keep[i]] * H[z[c], keep[j]] + Kg[c, keep[j]] * H[z[c], keep[i]]
                for d in range(q):
                    total += Kg[c, keep[i]] * H[z[c], z[d]] * Kg[d, keep[j]]
            out[i, j] = out[j, i] = total


@njit(cache=True, error_model="numpy")
def leaf_loop(S, count, Sigma, E, pattern, bounds, H, ld, out):
    """Fill `ld` (T,) and take sum_ab K_ab H_ab, with its derivatives, from every parent's matrix in `out`."""
    D, q, b = S.shape[0], S.shape[1], E.shape[0]
    T, w = len(ld), H.shape[3]
    K = np.empty((T, D, q, q))
    A = np.empty((q, q))
    M = np.empty((q, q))
    S_new = np.empty((q, q))
    EM = np.empty((b, q, q))
    ES = np.empty((b, q, q))
    for d in range(D):
        _times(S[d], Sigma, A)
        for i in range(q):
            A[i, i] += 1.0
        ld[0] += count[d] * _invert(A, M)
        _times(Sigma, M, K[0, d])
        _times(M, S[d], S_new)
        for r in range(b):
            _times(E[r], M, EM[r])
            _times(E[r], S_new, ES[r])
            for i in range(q):
                for j in range(q):
                    ld[1 + r] += count[d] * S_new[i, j] * E[r, i, j]
                    total = 0.0
                    for c in range(q):
                        total += M[c, i] * EM[r, c, j]
                    K[1 + r, d, i, j] = total
        t = 1 + b
        for r in range(b):
            for s in range(r, b):
                _times(S_new, EM[s], A)
                for i in range(q):
                    for j in range(q):
                        ld[t] -= count[d] * ES[r, i, j] * ES[s, j, i]
                        total = 0.0
                        for c in range(q):
                            total += EM[r, c, i] * A[c, j] + A[c, i] * EM[r, c, j]
                        K[t, d, i, j] = -total
                t += 1
    for parent in range(len(bounds) - 1):
        for c in range(bounds[parent], bounds[parent + 1]):
            d = pattern[c]
            for t in range(T):
                for a in range(q):
                    for e in range(q):
                        weight = K[t, d, a, e]
                        if weight != 0.0:
                            for i in range(w):
                                for j in range(w):
                                    out[t, parent, i, j] -= weight * H[c, a, e, i, j]


@njit(cache=True, error_model="numpy")
def reduce_loop(full, y, z, keep, row_unit, unit_parent, S, g, total):
    """Add up Z'Z (N, q, q), Z'U (N, q, w) of every unit and U'U (P, w, w) of every parent over the rows.

    `z` and `keep` are places among the columns of `full` (n, d); place d is the response.
    """
    d, q, w = full.shape[1], len(z), len(keep)
    u = np.empty(d + 1)
    for row in range(len(y)):
        unit = row_unit[row]
        parent = unit_parent[unit]
        for j in range(d):
            u[j] = full[row, j]
        u[d] = y[row]
        for a in range(q):
            left = u[z[a]]
            if left != 0.0:
                for c in range(q):
                    S[unit, a, c] += left * u[z[c]]
                for j in range(w):
                    g[unit, a, j] += left * u[keep[j]]
        for i in range(w):
            left = u[keep[i]]
            if left != 0.0:
                for j in range(i, w):
                    total[parent, i, j] += left * u[keep[j]]
    for parent in range(total.shape[0]):
        for i in range(w):
            for j in range(i):
                total[parent, i, j] = total[parent, j, i]


@njit(cache=True, error_model="numpy")
def response_loop(full, y, z, keep, row_unit, unit_parent, g_y, total_y):
    """Add up Z'y (N, q) of every unit and U'y (P, w) of every parent over the rows."""
    d, q, w = full.shape[1], len(z), len(keep)
    for row in range(len(y)):
        unit, value = row_unit[row], y[row]
        parent = unit_parent[unit]
        for a in range(q):
            g_y[unit, a] += full[row, z[a]] * value
        for j in range(w):
            place = keep[j]
            total_y[parent, j] += (full[row, place] if place < d else value) * value


@njit(cache=True, error_model="numpy")
def pool_loop(g, unit_order, class_starts, H):
    """Add up g_a g_b' over the units of every class into H (C, q, q, w, w)."""
    q, w, n = g.shape[1], g.shape[2], len(unit_order)
    for c in range(len(class_starts)):
        stop = class_starts[c + 1] if c + 1 < len(class_starts) else n
        for k in range(class_starts[c], stop):
            u = unit_order[k]
            for a in range(q):
                for b in range(q):
                    for i in range(w):
                        left = g[u, a, i]
                        for j in range(w):
                            H[c, a, b, i, j] += left * g[u, b, j]
