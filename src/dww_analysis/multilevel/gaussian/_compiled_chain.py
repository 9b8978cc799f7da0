"""The compiled expansion of a whole chain of links: one call from theta to the criterion with its derivatives."""

from __future__ import annotations

import numpy as np
from numba import njit

from ._compiled import leaf_loop, part
from ._compiled_algebra import derivative_loop, profile_loop
from ._compiled_small import add_level, mirror


@njit(cache=True, error_model="numpy")
def chain_loop(program, theta, curvature, divisor, reml):
    """What `derivatives.Jets`, `likelihood.Profile` (but for the information) and `likelihood.Derivatives` hold.

    At theta (k,) of a `program.Program`; `curvature` as in `derivatives.entry_curvature`.
    """
    ld, G, order = _eliminate(program, _entries(theta, curvature))
    k, d, xy = len(order), len(program.xy), program.xy
    ld1, ld2, G0 = np.empty(k), np.empty((k, k)), np.empty((d, d))
    G1, G2 = np.empty((k, d, d)), np.empty((k, k, d, d))
    _pick(G[0, 0], xy, G0)
    t = 1 + k
    for e in range(k):
        r = order[e]
        ld1[r] = ld[1 + e]
        _pick(G[1 + e, 0], xy, G1[r])
        for f in range(e, k):
            s = order[f]
            ld2[r, s] = ld2[s, r] = ld[t]
            _pick(G[t, 0], xy, G2[r, s])
            G2[s, r] = G2[r, s]
            t += 1
    b, inverse, rss, log_det_x = profile_loop(G0)
    found = derivative_loop(ld1, ld2, G1, G2, b, inverse, rss, curvature, theta, divisor, reml)
    return (ld[0], ld1, ld2, G0, G1, G2), (b, inverse, rss, log_det_x), found


@part
def _entries(theta, curvature):
    """(k,) entries of the relative covariance matrices, quadratic in theta."""
    k = len(theta)
    out = np.zeros(k)
    for r in range(k):
        for t in range(k):
            for u in range(k):
                out[r] += curvature[r, t, u] * theta[u] * theta[t]
    return out / 2


@part
def _pick(G, xy, out):
    for i in range(len(xy)):
        for j in range(len(xy)):
            out[i, j] = G[xy[i], xy[j]]


@part
def _eliminate(program, entries):
    """log|V| (T,) and the columns left (T, 1, w, w), stacks over the parameters in the order of elimination (k,)."""
    order, met = np.empty(len(entries), dtype=np.intp), 0
    n_units, w, _ = program.base.shape
    ld, G = np.zeros(1), program.base.reshape((1, n_units, w, w))
    at, at_E, places = 0, 0, program.places
    for link in range(len(program.sizes)):
        q, b, w, n_parents = program.sizes[link]
        own, E = places[at : at + b], program.E[at_E : at_E + b * q * q].reshape((b, q, q))
        at, at_E = at + b, at_E + b * q * q
        Sigma = np.zeros((q, q))
        for r in range(b):
            order[met + r] = own[r]
            Sigma += entries[own[r]] * E[r]
        new = _pair_places(met + b)
        add = np.zeros(1 + met + b + (met + b) * (met + b + 1) // 2)
        out = np.zeros((len(add), n_parents, w, w))
        if link == 0 and len(program.base) == 0:
            out[0] = program.total
            leaf_loop(
                program.S, program.counts, Sigma, E, program.pattern, program.bounds, program.H, add, out
            )
        else:
            z, keep = places[at : at + q], places[at + q : at + q + w]
            at += q + w
            bounds = places[at : at + n_parents + 1]
            at += n_parents + 1
            old = _pair_places(met)
            add_level(G, Sigma, E, z, keep, bounds, met, old, new, add, out)
            for r in range(met):
                add[1 + r] += ld[1 + r]
                for s in range(r, met):
                    add[new[r, s]] += ld[old[r, s]]
            add[0] += ld[0]
        ld, G, met = add, out, met + b
    mirror(G)
    return ld, G, order


@part
def _pair_places(a):
    """As `jets.pair_places`."""
    out, t = np.empty((a, a), dtype=np.intp), 1 + a
    for i in range(a):
        for j in range(i, a):
            out[i, j] = out[j, i] = t
            t += 1
    return out
