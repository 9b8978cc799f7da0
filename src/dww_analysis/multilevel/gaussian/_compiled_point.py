"""Compiled algebra on one response at one point: criterion, derivatives in the variance ratios, Kenward-Roger.

The formulas are those of `likelihood.profiled_derivatives`, `linear` and `kenward_roger`. Kenward-Roger is computed
for the contrasts asked for alone: with u = Phi l only P_r u and u'Q_rs u are needed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._compiled import part

Floats = NDArray[np.float64]
SMALLEST_PIVOT = (
    1e-9  # of the information in units of its diagonal; below it a generalised inverse may be needed
)


class Point(NamedTuple):
    """One response at one point: the expansion, and what follows from it. k ratios, p columns."""

    ld: Floats  # (T,)
    G: Floats  # (T, p + 1, p + 1)
    first: Floats  # (k,) derivatives of the profiled criterion in the ratios
    second: Floats  # (k, k)
    info1: Floats  # (k,) derivatives of log|V| + log|X'V^-1X|
    info2: Floats  # (k, k)


@part
def new_point(k, p, T):
    return Point(
        np.zeros(T), np.zeros((T, p + 1, p + 1)), np.zeros(k), np.zeros((k, k)), np.zeros(k), np.zeros((k, k))
    )


@part
def take_lane(ld, G, lane, point):
    """Copy the expansion of one lane."""
    w = point.G.shape[1]
    for t in range(len(ld)):
        point.ld[t] = ld[t, lane]
        for i in range(w):
            for j in range(i, w):
                point.G[t, i, j] = point.G[t, j, i] = G[t, i, j, lane]


@part
def differentiate(divisor, reml, place, b, inverse, rss, point):
    """Fill the derivatives of the criterion and of its parts."""
    k, p, G, ld = len(point.first), len(inverse), point.G, point.ld
    fall, moved, solved, scaled = np.zeros(k), np.zeros((k, p + 1)), np.zeros((k, p)), np.zeros((k, p, p))
    for r in range(k):
        trace = 0.0
        for i in range(p + 1):
            total = 0.0
            for j in range(p + 1):
                total += G[1 + r, i, j] * b[j]
            moved[r, i] = total
            fall[r] += b[i] * total
        for i in range(p):
            total = 0.0
            for j in range(p):
                total += inverse[i, j] * moved[r, j]
            for c in range(p):
                weight = inverse[i, c]
                for j in range(p):
                    scaled[r, i, j] += weight * G[1 + r, c, j]
            solved[r, i] = total
            trace += scaled[r, i, i]
        point.info1[r] = ld[1 + r] + trace
        point.first[r] = ld[1 + r] + divisor * fall[r] / rss + (trace if reml else 0.0)
    for r in range(k):
        for s in range(r, k):
            t = place[r, s]
            log_det, bent, trace = ld[t], _bend(b, G[t]), 0.0
            for i in range(p):
                bent -= 2.0 * moved[r, i] * solved[s, i]
                for j in range(p):
                    trace += inverse[i, j] * G[t, i, j] - scaled[r, i, j] * scaled[s, j, i]
            relative = bent / rss - fall[r] * fall[s] / rss**2
            second = log_det + divisor * relative + (trace if reml else 0.0)
            point.second[r, s] = point.second[s, r] = second
            point.info2[r, s] = point.info2[s, r] = log_det + trace


@part
def _bend(x, A):
    """x'A x."""
    out = 0.0
    for i in range(len(x)):
        total = 0.0
        for j in range(len(x)):
            total += A[i, j] * x[j]
        out += x[i] * total
    return out


@part
def cholesky(A, size, shift, factor):
    """Lower factor of the first `size` rows of A - shift I; the smallest ratio of a pivot to its diagonal entry."""
    smallest = np.inf
    for j in range(size):
        pivot = A[j, j] - shift
        for c in range(j):
            pivot -= factor[j, c] ** 2
        if not pivot > 0.0:
            return -1.0
        smallest = min(smallest, pivot / A[j, j])
        factor[j, j] = np.sqrt(pivot)
        for i in range(j + 1, size):
            total = A[i, j]
            for c in range(j):
                total -= factor[i, c] * factor[j, c]
            factor[i, j] = total / factor[j, j]
    return smallest


@part
def solve_factor(factor, size, x):
    """Overwrite x by the solution of (factor factor') z = x."""
    for i in range(size):
        for c in range(i):
            x[i] -= factor[i, c] * x[c]
        x[i] /= factor[i, i]
    for i in range(size - 1, -1, -1):
        for c in range(i + 1, size):
            x[i] -= factor[c, i] * x[c]
        x[i] /= factor[i, i]


@part
def variance_information(n_residual, ratios, point):
    """Twice the inverse of the expected information of all variances (R, R), and whether it is safe to use.

    `n_residual` is n - p. As `linear.expected_information` and `kenward_roger.parameter_covariance`.
    """
    k = len(ratios)
    info, factor, W = np.empty((k + 1, k + 1)), np.zeros((k + 1, k + 1)), np.zeros((k + 1, k + 1))
    corner = n_residual
    for r in range(k):
        border = point.info1[r]
        for s in range(k):
            info[r, s] = -point.info2[r, s]
            border -= info[r, s] * ratios[s]
        info[r, k] = info[k, r] = border
        corner -= (point.info1[r] + border) * ratios[r]
    info[k, k] = corner
    if cholesky(info, k + 1, 0.0, factor) < SMALLEST_PIVOT:
        return W, False
    for s in range(k + 1):
        W[s, s] = 2.0
        solve_factor(factor, k + 1, W[s])
    return W, True


@part
def adjusted_variance(contrast, inverse, place, ratios, adjust, W, point):
    """(plain, adjusted variance, df) of one contrast (p,), the residual variance being one.

    As `kenward_roger.KenwardRoger`; the plain variance alone where `adjust` is False.
    """
    k, p, plain = len(ratios), len(inverse), 0.0
    u, Pu = np.zeros(p), np.zeros((k + 1, p))
    for i in range(p):
        for j in range(p):
            u[i] += inverse[i, j] * contrast[j]
        plain += u[i] * contrast[i]
    if not adjust:
        return plain, plain, np.inf
    for i in range(p):
        Pu[k, i] = -contrast[i]
        for r in range(k):
            for j in range(p):
                Pu[r, i] += point.G[1 + r, i, j] * u[j]
            Pu[k, i] -= ratios[r] * Pu[r, i]
    slopes, quadratic = _quadratics(place, ratios, u, Pu, point.G)
    extra, spread = 0.0, 0.0
    for r in range(k + 1):
        for s in range(k + 1):
            product = 0.0
            for i in range(p):
                for j in range(p):
                    product += Pu[r, i] * inverse[i, j] * Pu[s, j]
            extra += W[r, s] * (quadratic[r, s] / 2.0 - product)
            spread += W[r, s] * slopes[r] * slopes[s]
    df = 2.0 * plain**2 / spread  # `kenward_roger.one_row_df`
    return plain, plain + 2.0 * extra, df


@part
def _quadratics(place, ratios, u, Pu, G):
    """u'P_r u and u'(Q_rs + Q_sr)u; those of the residual by Euler's identities."""
    k = len(ratios)
    slopes, Q = np.zeros(k + 1), np.zeros((k + 1, k + 1))
    for r in range(k + 1):
        for i in range(len(u)):
            slopes[r] += u[i] * Pu[r, i]
    Q[k, k] = -2.0 * slopes[k]
    for r in range(k):
        Q[r, k] = -2.0 * slopes[r]
        for s in range(k):
            total = Q[r, s] if s < r else _bend(u, G[place[r, s], : len(u), : len(u)])
            Q[r, s] = Q[s, r] = total
            Q[r, k] -= ratios[s] * total
        Q[k, r] = Q[r, k]
        Q[k, k] -= ratios[r] * Q[r, k]
    return slopes, Q
