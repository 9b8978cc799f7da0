"""The compiled loop over a level for links with few random columns (up to three), the usual case.

Matrices over the kept columns are symmetric and travel as packed upper triangles; every derivative is a sum of few
packed products with scalar weights. The numbers are those of `_compiled.level_loop`; see `jets` for the formulas.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ._compiled import _invert, _project, _times


@njit(cache=True, error_model="numpy")
def small_level_loop(G, Sigma, E, z, keep, bounds, a, old, new, ld, out):
    """As `_compiled.level_loop`."""
    q, w, wk, b = len(z), G.shape[2], len(keep), E.shape[0]
    T, n_pairs = len(ld), wk * (wk + 1) // 2
    acc = np.empty((T, n_pairs))
    A = np.empty((q, q))
    S = np.empty((q, q))
    M = np.empty((q, q))
    K = np.empty((q, q))
    S_new = np.empty((q, q))
    C = np.empty((q, q))
    work = np.empty((q, q))
    g = np.empty((q, w))
    Kg = np.empty((q, w))
    F = np.empty((q, wk))
    B = np.empty((q, q, n_pairs))
    D = np.empty(n_pairs)
    ES = np.empty((b, q, q))
    H = np.empty((w, w))
    half = np.empty((w, w))
    PGP = np.empty((w, w))
    Y = np.empty((a, w, q))
    YK = np.empty((w, q))
    SK = np.empty((a, q, q))
    for parent in range(len(bounds) - 1):
        acc[:] = 0.0
        for u in range(bounds[parent], bounds[parent + 1]):
            base = G[0, u]
            for i in range(q):
                for j in range(w):
                    g[i, j] = base[z[i], j]
                for j in range(q):
                    S[i, j] = base[z[i], z[j]]
            _times(S, Sigma, A)
            for i in range(q):
                A[i, i] += 1.0
            ld[0] += _invert(A, M)
            _times(Sigma, M, K)
            _times(M, S, S_new)
            _times(K, g, Kg)
            for i in range(q):
                for j in range(wk):
                    total = 0.0
                    for c in range(q):
                        total += M[i, c] * g[c, keep[j]]
                    F[i, j] = total
            p = 0
            for i in range(wk):
                for j in range(i, wk):
                    total = base[keep[i], keep[j]]
                    for c in range(q):
                        total -= Kg[c, keep[i]] * g[c, keep[j]]
                    acc[0, p] += total
                    p += 1
            for c in range(q):  # B_cd = F_c F_d' + F_d F_c'
                for d in range(c, q):
                    p = 0
                    for i in range(wk):
                        x, y = F[c, i], F[d, i]
                        for j in range(i, wk):
                            B[c, d, p] = x * F[d, j] + y * F[c, j]
                            p += 1
            for r in range(b):
                _times(E[r], S_new, ES[r])
                for i in range(q):
                    for j in range(q):
                        ld[1 + a + r] += S_new[i, j] * E[r, i, j]
                for c in range(q):
                    for d in range(c, q):
                        if E[r, c, d] != 0.0:
                            weight = 0.5 * E[r, c, d] if c == d else E[r, c, d]
                            for p in range(n_pairs):
                                acc[1 + a + r, p] -= weight * B[c, d, p]
            for r in range(b):
                for s in range(r, b):
                    t = new[a + r, a + s]
                    _times(ES[r], E[s], C)  # F'(C + C')F
                    for i in range(q):
                        for j in range(q):
                            ld[t] -= ES[r, i, j] * ES[s, j, i]
                    for c in range(q):
                        for d in range(c, q):
                            weight = C[c, c] if c == d else C[c, d] + C[d, c]
                            for p in range(n_pairs):
                                acc[t, p] += weight * B[c, d, p]
            for r in range(a):
                for i in range(w):
                    for j in range(w):
                        H[i, j] = G[1 + r, u, i, j]
                _project(H, Kg, z, half, Y[r], PGP)
                for i in range(q):
                    for j in range(q):
                        total = 0.0
                        for c in range(q):
                            total += H[z[i], z[c]] * K[c, j]
                        SK[r, i, j] = total
                        ld[1 + r] += K[i, j] * H[z[i], z[j]]
                p = 0
                for i in range(wk):
                    for j in range(i, wk):
                        acc[1 + r, p] += PGP[keep[i], keep[j]]
                        p += 1
                for i in range(q):  # M G_r M'
                    for j in range(q):
                        total = 0.0
                        for c in range(q):
                            total += M[i, c] * H[z[c], z[j]]
                        work[i, j] = total
                for i in range(q):
                    for j in range(q):
                        total = 0.0
                        for c in range(q):
                            total += work[i, c] * M[j, c]
                        C[i, j] = total
                for s in range(b):
                    for i in range(q):
                        for j in range(q):
                            ld[new[r, a + s]] += C[i, j] * E[s, i, j]
                for c in range(q):
                    for d in range(q):
                        p = 0
                        for i in range(wk):
                            x, y = PGP[keep[i], z[c]], F[d, i]
                            for j in range(i, wk):
                                D[p] = x * F[d, j] + y * PGP[keep[j], z[c]]
                                p += 1
                        for s in range(b):
                            if E[s, c, d] != 0.0:
                                t, weight = new[r, a + s], E[s, c, d]
                                for p in range(n_pairs):
                                    acc[t, p] -= weight * D[p]
            for r in range(a):
                _times(Y[r], K, YK)
                for s in range(r, a):
                    t, source = new[r, s], old[r, s]
                    for i in range(w):
                        for j in range(w):
                            H[i, j] = G[source, u, i, j]
                    for i in range(q):
                        for j in range(q):
                            ld[t] += K[i, j] * H[z[i], z[j]] - SK[r, i, j] * SK[s, j, i]
                    for i in range(q):
                        for j in range(q):
                            work[i, j] = H[z[i], z[j]]
                    p = 0
                    for i in range(wk):
                        for j in range(i, wk):
                            total = H[keep[i], keep[j]]
                            for c in range(q):
                                total -= Kg[c, keep[i]] * H[z[c], keep[j]] + Kg[c, keep[j]] * H[z[c], keep[i]]
                                total -= YK[keep[i], c] * Y[s, keep[j], c] + YK[keep[j], c] * Y[s, keep[i], c]
                                for d in range(q):
                                    total += Kg[c, keep[i]] * work[c, d] * Kg[d, keep[j]]
                            acc[t, p] += total
                            p += 1
        for t in range(T):
            p = 0
            for i in range(wk):
                for j in range(i, wk):
                    out[t, parent, i, j] = out[t, parent, j, i] = acc[t, p]
                    p += 1
