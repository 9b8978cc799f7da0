"""The moments a model implies, with first and second derivatives, in reticular action form (McArdle & McDonald 1984).

With A the directed and S the undirected paths among all v variables (p observed first, then factors) and m their
intercepts, E = (I - A)^-1, C = E S E' and M = E m hold covariances and means. Every derivative is a product of two
columns of E or C, so gradients and curvature need no loop over parameters. Notation follows that paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Index = NDArray[np.intp]


@lru_cache(maxsize=32)
def vech_index(p: int) -> tuple[Index, Index]:
    """Row and column of each of the p (p + 1) / 2 distinct entries of a symmetric matrix."""
    rows, cols = np.tril_indices(p)
    return rows, cols


def unvech(v: Array, p: int) -> Array:
    """The symmetric (..., p, p) matrices with the last axis of `v` in their lower triangle."""
    full = np.empty((*v.shape[:-1], p, p))
    rows, cols = vech_index(p)
    full[..., rows, cols] = v
    full[..., cols, rows] = v
    return full


@dataclass(frozen=True)
class Paths:
    """Where each parameter of a block sits. Kind 0: A[i, j]; kind 1: S[i, j] and S[j, i]; kind 2: m[i]."""

    kind: Index  # (r,)
    i: Index  # (r,)
    j: Index  # (r,)
    n_observed: int  # p
    n_variables: int  # v

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Implied:
    """Covariances and means of all variables at given parameter values."""

    E: Array  # (v, v)
    C: Array  # (v, v)
    M: Array  # (v,)
    p: int

    @property
    def sigma(self) -> Array:
        return self.C[: self.p, : self.p]

    @property
    def mu(self) -> Array:
        return self.M[: self.p]


def implied(paths: Paths, values: Array) -> Implied:
    """Moments at `values` (r,), one number a path. Raises LinAlgError when I - A is singular."""
    v = paths.n_variables
    A, S, m = np.zeros((v, v)), np.zeros((v, v)), np.zeros(v)
    a, s, mean = (paths.kind == k for k in range(3))
    A[paths.i[a], paths.j[a]] = values[a]
    S[paths.i[s], paths.j[s]] = values[s]
    S[paths.j[s], paths.i[s]] = values[s]
    m[paths.i[mean]] = values[mean]
    E = np.linalg.inv(np.eye(v) - A)
    return Implied(E, E @ S @ E.T, E @ m, paths.n_observed)


def jacobian(paths: Paths, at: Implied) -> tuple[Array, Array]:
    """d mu / d parameter, shape (r, p), and d vech(Sigma) / d parameter, shape (r, p (p + 1) / 2)."""
    p = at.p
    rows, cols = vech_index(p)
    d_mu, d_sigma = np.zeros((len(paths), p)), np.zeros((len(paths), len(rows)))
    left = at.E[:p, paths.i].T
    a, s, mean = (paths.kind == k for k in range(3))
    u, v = left[a], at.C[paths.j[a], :p]
    d_sigma[a] = u[:, rows] * v[:, cols] + u[:, cols] * v[:, rows]
    d_mu[a] = u * at.M[paths.j[a], None]
    u, v = left[s], at.E[:p, paths.j[s]].T
    half = np.where(paths.i[s] == paths.j[s], 0.5, 1.0)[:, None]
    d_sigma[s] = half * (u[:, rows] * v[:, cols] + u[:, cols] * v[:, rows])
    d_mu[mean] = left[mean]
    return d_mu, d_sigma


def slopes(paths: Paths, at: Implied) -> tuple[Array, Array, Array]:
    """u, v and d mu, each of shape (r, p), with d Sigma = u v' + v u' for every parameter."""
    p = at.p
    u, v = at.E[:p, paths.i].T.copy(), at.E[:p, paths.j].T.copy()
    a, s, mean = (paths.kind == k for k in range(3))
    v[a] = at.C[paths.j[a], :p]
    d_mu = np.zeros_like(u)
    d_mu[a] = u[a] * at.M[paths.j[a], None]
    d_mu[mean] = u[mean]
    u[mean] = 0.0
    u[s & (paths.i == paths.j)] *= 0.5
    return u, v, d_mu


def pull_back(paths: Paths, at: Implied, g: Array, G: Array) -> Array:
    """Gradient (r,) of a function of the moments with d f = g' d mu + <G, d Sigma>: g of shape (p,), G (p, p)
    symmetric."""
    E, C = at.E[: at.p], at.C[: at.p]
    EG = E.T @ G
    P, Q, h = EG @ E, EG @ C, g @ E
    i, j = paths.i, paths.j
    directed = 2 * Q[i, j] + h[i] * at.M[j]
    undirected = np.where(i == j, 1.0, 2.0) * P[i, j]
    return np.choose(paths.kind, [directed, undirected, h[i]])


def second(paths: Paths, at: Implied, g: Array, G: Array) -> Array:
    """g' d2 mu + <G, d2 Sigma> for every pair of parameters, shape (r, r); g and G as of `pull_back`."""
    E, C, M = at.E, at.C, at.M
    F, FC = E[: at.p], C[: at.p]
    P, Q, h = F.T @ G @ F, F.T @ G @ FC, g @ F
    out = np.zeros((len(paths), len(paths)))
    a, s, mean = (np.flatnonzero(paths.kind == k) for k in range(3))
    i, j = paths.i[a], paths.j[a]
    # for A_ij and A_kl: 2 (E_li Q_kj + P_ik C_lj + Q_il E_jk) and h_k E_li M_j + h_i E_jk M_l
    Q_il, E_jk = Q[np.ix_(i, j)], E[np.ix_(j, i)]
    covariance = E_jk.T * Q_il.T + P[np.ix_(i, i)] * C[np.ix_(j, j)] + Q_il * E_jk
    means = E_jk.T * np.outer(M[j], h[i]) + E_jk * np.outer(h[i], M[j])
    out[np.ix_(a, a)] = 2 * covariance + means
    k, el = paths.i[s], paths.j[s]
    half = np.where(k == el, 0.5, 1.0)[None, :]
    cross = 2 * half * (P[np.ix_(i, k)] * E[np.ix_(j, el)] + P[np.ix_(i, el)] * E[np.ix_(j, k)])
    out[np.ix_(a, s)] = cross
    out[np.ix_(s, a)] = cross.T
    with_mean = h[i][:, None] * E[np.ix_(j, paths.i[mean])]
    out[np.ix_(a, mean)] = with_mean
    out[np.ix_(mean, a)] = with_mean.T
    return out
