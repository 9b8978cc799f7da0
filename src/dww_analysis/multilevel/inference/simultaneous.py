"""p values of several contrasts together, from their joint distribution under the hypothesis that all are zero."""

from __future__ import annotations

import numpy as np
from scipy import special

from ..gaussian.elimination import semidefinite_root
from ..model import Array

POINTS = 2**16  # directions over which the multivariate t is averaged
NEGLIGIBLE = 1e-9  # variances given the contrasts before that are smaller, of 1, are rounding


def tukey_p(statistic: Array, df: Array, n_means: int) -> Array:
    """P(range of n_means independent means / their SE > sqrt(2) |t|), shape (m,), Tukey (1953) and Kramer (1956)."""
    from scipy.stats import studentized_range

    q = np.sqrt(2.0) * np.abs(statistic)
    return np.clip(np.asarray(studentized_range.sf(q, n_means, df), dtype=np.float64), 0.0, 1.0)


def multivariate_t_p(statistic: Array, df: Array, covariance: Array) -> Array:
    """(m,) P(max |T_j| > |t_i|) for T multivariate t with the correlations of `covariance` (m, m) and df_i.

    T = A u R / s with u uniform on the unit sphere in the rank r of the correlations, R^2 ~ chi2_r, s^2 ~ chi2_df / df,
    so that P(max |T| > t | u) = P(F_(r, df) > t^2 / (r max |A u|^2)): only u is averaged over, on a lattice (Genz &
    Bretz 2009, section 4.1). The same numbers give the same p.
    """
    A = _root(covariance)
    widest = np.max(np.abs(_directions(A.shape[1]) @ A.T), axis=1)
    r = A.shape[1]
    out = np.empty(len(statistic))
    for i, (t, nu) in enumerate(zip(statistic, df, strict=True)):
        squared = (t / widest) ** 2
        tails = special.chdtrc(r, squared) if np.isinf(nu) else special.fdtrc(r, nu, squared / r)
        out[i] = tails.mean()
    return np.clip(out, 0.0, 1.0)


def _root(covariance: Array) -> Array:
    """(m, r) A with A A' the correlations: a triangle, which unlike eigenvectors has no sign or order that rounding
    decides, and with it the p."""
    sd = np.sqrt(np.diag(covariance))
    root = semidefinite_root(covariance / np.outer(sd, sd), NEGLIGIBLE)
    return root[:, root.any(axis=0)]


def _directions(r: int) -> Array:
    """(points, r) unit vectors spread evenly over the sphere: normal scores of a Kronecker lattice."""
    if r == 1:
        return np.ones((1, 1))
    root = 2.0
    for _ in range(60):  # the positive root of x^(r + 1) = x + 1
        root = (1.0 + root) ** (1.0 / (r + 1))
    steps = root ** -np.arange(1.0, r + 1)
    scores = special.ndtri((0.5 + np.arange(1, POINTS + 1)[:, None] * steps) % 1.0)
    return np.asarray(scores / np.sqrt((scores**2).sum(axis=1, keepdims=True)), dtype=np.float64)
