"""Compiled algebra on the few fixed effects and variance parameters of a model; see `likelihood` for the formulas."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def profile_loop(G):
    """Direction of the residual (p + 1,), inverse of X'V^-1X (p, p), residual sum of squares, log|X'V^-1X|.

    The last is not a number where X'V^-1X is lost in rounding.
    """
    d, p = len(G), len(G) - 1
    root, inverse, b = np.zeros((p, p)), np.empty((p, p)), np.ones(d)  # root: inverse of the Cholesky factor
    factor = np.empty((p, p))
    log_det, rss = 0.0, 0.0
    for j in range(p):
        pivot = G[j, j]
        for c in range(j):
            pivot -= factor[j, c] ** 2
        if not pivot > 0.0:
            return np.full(d, np.nan), np.full((p, p), np.nan), np.nan, np.nan
        factor[j, j] = np.sqrt(pivot)
        log_det += np.log(pivot)
        for i in range(j + 1, p):
            total = G[i, j]
            for c in range(j):
                total -= factor[i, c] * factor[j, c]
            factor[i, j] = total / factor[j, j]
        root[j, j] = 1.0 / factor[j, j]
        for i in range(j):
            total = 0.0
            for c in range(i, j):
                total -= factor[j, c] * root[c, i]
            root[j, i] = total / factor[j, j]
    for i in range(p):
        for j in range(i, p):
            total = 0.0
            for c in range(j, p):
                total += root[c, i] * root[c, j]
            inverse[i, j] = inverse[j, i] = total
    for i in range(p):
        total = 0.0
        for j in range(p):
            total -= inverse[i, j] * G[j, p]
        b[i] = total
    for i in range(d):
        for j in range(d):
            rss += b[i] * G[i, j] * b[j]
    return b, inverse, rss, log_det


@njit(cache=True, error_model="numpy")
def derivative_loop(ld1, ld2, G1, G2, b, inverse, rss, curvature, theta, divisor, reml):
    """As `likelihood.profiled_derivatives`."""
    k, d, p = len(ld1), len(b), len(b) - 1
    moved, solved, scaled = np.zeros((k, d)), np.zeros((k, p)), np.zeros((k, p, p))
    rss1, rss2, log_det_x1, log_det_x2 = np.empty(k), np.empty((k, k)), np.empty(k), np.empty((k, k))
    first, second = np.empty(k), np.empty((k, k))
    for r in range(k):
        fall, trace = 0.0, 0.0
        for i in range(d):
            for j in range(d):
                moved[r, i] += G1[r, i, j] * b[j]
            fall += b[i] * moved[r, i]
        for i in range(p):
            for j in range(p):
                solved[r, i] += inverse[i, j] * moved[r, j]
                for c in range(p):
                    scaled[r, i, j] += inverse[i, c] * G1[r, c, j]
            trace += scaled[r, i, i]
        rss1[r], log_det_x1[r] = fall, trace
        first[r] = ld1[r] + divisor * fall / rss + (trace if reml else 0.0)
    for r in range(k):
        for s in range(r, k):
            bent, trace = 0.0, 0.0
            for i in range(d):
                for j in range(d):
                    bent += b[i] * G2[r, s, i, j] * b[j]
            for i in range(p):
                bent -= 2.0 * moved[r, i] * solved[s, i]
                for j in range(p):
                    trace += inverse[i, j] * G2[r, s, i, j] - scaled[r, i, j] * scaled[s, j, i]
            total = ld2[r, s] + divisor * (bent / rss - rss1[r] * rss1[s] / rss**2)
            rss2[r, s] = rss2[s, r] = bent
            log_det_x2[r, s] = log_det_x2[s, r] = trace
            second[r, s] = second[s, r] = total + (trace if reml else 0.0)
    J, JS, slope, hessian = np.zeros((k, k)), np.zeros((k, k)), np.zeros(k), np.zeros((k, k))
    for r in range(k):
        for t in range(k):
            for u in range(k):
                J[r, t] += curvature[r, t, u] * theta[u]
    for r in range(k):
        for t in range(k):
            slope[t] += J[r, t] * first[r]
            for s in range(k):
                JS[t, s] += J[r, t] * second[r, s]
                hessian[t, s] += first[r] * curvature[r, t, s]
    for t in range(k):
        for s in range(k):
            for u in range(k):
                hessian[t, u] += JS[t, s] * J[s, u]
    return rss1, rss2, log_det_x1, log_det_x2, first, slope, hessian
