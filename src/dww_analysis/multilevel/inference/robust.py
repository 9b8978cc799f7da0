"""Cluster-robust covariance of the fixed effects with the small-sample correction CR2, its df and its joint test.

Bell & McCaffrey (2002, Survey Methodology 28:169-181), extended to any working covariance by Pustejovsky & Tipton
(2018, J Bus Econ Stat 36:672-683). The working covariance is the one the model implies; with its inverse as weights a
cluster i contributes X_i' W_i A_i e_i, where A_i solves A_i (Phi_i - X_i M X_i') A_i = Phi_i. Only the space that a
cluster's random effects and predictors span is needed, so no matrix is larger than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import DesignError, MemoryLimitError, MethodError
from ..formula.design import ModelSpec
from ..model import Array, Design, JointTest, Solution
from .distributions import f_tail
from .hypotheses import check_rank
from .plain import is_nested

KINDS = ("CR0", "CR1", "CR1S", "CR2")
SINGULAR = 1e-12  # share of the largest eigenvalue below which a direction is left out of a root
CHUNK = 256  # clusters whose pairs are held at one time in the joint test


@dataclass(frozen=True, eq=False)
class Cluster:
    """One cluster in an orthonormal basis of the space its predictors and random effects span (k dimensions)."""

    X: Array  # (k, p)
    e: Array  # (k,) residuals
    root: Array  # (k, k) lower triangle, Phi = root root', in units of the residual variance


@dataclass(frozen=True, eq=False)
class RobustInference:
    """Sandwich covariance with Satterthwaite df for one contrast and the approximate Hotelling test (HTZ) for several.

    With g_i the vector whose product with y is the contribution of cluster i, the working model gives
    g_i' Phi g_j = [i = j] M S_i M - M B_i' M B_j M; df and tests follow from these (Pustejovsky & Tipton, eqs. 9-12).
    """

    method: str
    beta: Array
    vcov: Array
    M: Array  # (p, p) inverse of X' W X
    S: Array  # (clusters, p, p) U_i' Phi_i U_i, where U_i = A_i W_i X_i
    B: Array  # (clusters, p, p) X_i' U_i
    n_clusters: int = field(default=0)

    def df(self, L: Array) -> Array:
        """(m,) Satterthwaite df of each row of L."""
        c = np.asarray(L, dtype=float) @ self.M  # (m, p)
        own = np.einsum("lp,ipq,lq->li", c, self.S, c)  # (m, clusters)
        out = np.einsum("ipq,lq->lip", self.B, c)  # (m, clusters, p)
        shared = np.einsum("lip,pq,liq->li", out, self.M, out)
        trace = (own - shared).sum(axis=1)
        gram = np.einsum("lip,liq->lpq", out, out) @ self.M
        squares = (own**2 - 2 * own * shared).sum(axis=1) + np.einsum("lpq,lqp->l", gram, gram)
        return trace**2 / squares

    def joint(self, L: Array) -> JointTest:
        """HTZ for L of shape (q, p): F = (eta - q + 1) / (eta q) Q on q and eta - q + 1 df, eta from the total
        variance of the sandwich. Refused where rows of L follow from each other."""
        check_rank(L)
        q = len(L)
        c = L @ self.M
        own = np.einsum("sp,ipq,tq->ist", c, self.S, c)
        out = np.einsum("ipq,sq->isp", self.B, c)  # (clusters, q, p)
        expected = own.sum(axis=0) - np.einsum("isp,pq,itq->st", out, self.M, out)
        values, vectors = np.linalg.eigh(expected)
        half = vectors / np.sqrt(values) @ vectors.T
        own, out = half @ own @ half, np.einsum("st,itp->isp", half, out)
        eta = q * (q + 1) / _total_variance(own, out, self.M)
        effect = L @ self.beta
        Q = float(effect @ np.linalg.solve(L @ self.vcov @ L.T, effect))
        den_df = eta - q + 1
        scaling = den_df / eta
        F = scaling * Q / q
        return JointTest(F, q, float(den_df), f_tail(F, q, float(den_df)), float(scaling))


def _total_variance(own: Array, out: Array, M: Array) -> float:
    """Sum over i, j of tr(K_ij K_ij) + tr(K_ij)^2, K_ij = [i = j] own_i - out_i M out_j'."""
    total = 0.0
    right = out @ M
    for start in range(0, len(out), CHUNK):
        part = slice(start, start + CHUNK)
        K = -np.einsum("isp,jtp->ijst", right[part], out)
        rows = np.arange(len(K))
        K[rows, start + rows] += own[part]
        total += float(np.einsum("ijst,ijts->", K, K) + (np.einsum("ijss->ij", K) ** 2).sum())
    return total


def robust_inference(solution: Solution, cluster: str, kind: str, max_memory: float) -> RobustInference:
    """The robust covariance of a Gaussian fit, by a column or interaction of columns ("team:wave").

    Refuses clusters that do not hold whole levels of every random grouping factor (naming the factor), clusters with a
    missing label, fewer than two clusters, other families and correlated residuals.
    """
    if kind not in KINDS:
        raise MethodError(f"Unknown kind {kind!r} of robust covariance; known are {', '.join(KINDS)}.")
    precision = working_precision(solution)
    clusters = clusters_of(solution.design, cluster)
    M = solution.vcov / solution.sigma**2
    parts = [terms_of(_cluster(solution, rows, precision, max_memory), M, kind) for rows in clusters]
    return joined(kind, solution.design, solution.beta, M, parts)


def clusters_of(design: Design, cluster: str) -> list[NDArray[np.intp]]:
    """The rows of every cluster; refuses as `check_cluster`."""
    spec: ModelSpec = design.spec
    label = spec.group_factor(cluster)
    check_cluster(design, label.codes, len(label.levels), cluster)
    order = np.argsort(label.codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label.codes[order])) + 1)


def joined(
    kind: str, design: Design, beta: Array, M: Array, parts: Sequence[tuple[Array, Array, Array]]
) -> RobustInference:
    """The inference from what `terms_of` gives of every cluster."""
    scores, S, B = (np.array(x) for x in zip(*parts, strict=True))
    vcov = M @ (scores.T @ scores) @ M * _factor(kind, len(parts), design)
    return RobustInference(kind, beta, vcov, M, S, B, len(parts))


def working_precision(solution: Solution) -> Array:
    """(n,) precision of each residual relative to the residual variance of the fit."""
    if solution.family != "gaussian":
        raise MethodError(
            f"Robust covariances are for Gaussian outcomes; this fit has family {solution.family!r}. "
            "Rely on the model, with a random term for the cluster."
        )
    if solution.extra.rho is not None:
        raise MethodError(
            "Robust covariances are not available with correlated residuals; use the df of the model."
        )
    variances = solution.extra.residual_row_variances  # (n,) where the model has a residual structure
    return solution.design.weights if variances is None else solution.sigma**2 / variances


def check_cluster(design: Design, codes: NDArray[np.intp], n_clusters: int, name: str) -> None:
    """Clusters are independent only if no random effect reaches across them: MethodError otherwise, with what to
    cluster by; DesignError for one cluster. codes: shape (n,)."""
    if n_clusters < 2:
        raise DesignError(
            f"The cluster {name} has one level; a robust covariance needs at least two. "
            "Name a column with more."
        )
    torn = [term for term in design.random if not is_nested(term.codes, term.n_levels, codes)]
    if not torn:
        return
    outer = min(torn, key=lambda term: term.n_levels).group
    around = [t.group for t in torn if is_nested(codes, n_clusters, t.codes)]
    if outer in around:
        raise MethodError(
            f"The robust cluster {name} lies inside the random grouping {outer}, so clusters of one {outer} are "
            f"correlated. Cluster by {outer}, or enter {outer} as fixed."
        )
    whole = ", ".join(dict.fromkeys(t.group for t in design.random))
    raise MethodError(
        f"The robust cluster {name} crosses the random grouping {outer}, so its clusters are correlated. Choose a "
        f"cluster that holds whole levels of {whole}, or rely on the model."
    )


def _factor(kind: str, m: int, design: Design) -> float:
    n, p = design.X.shape
    return {"CR1": m / (m - 1), "CR1S": m * (n - 1) / ((m - 1) * (n - p))}.get(kind, 1.0)


def _cluster(solution: Solution, rows: NDArray[np.intp], precision: Array, max_memory: float) -> Cluster:
    """The rows of a cluster; in the smallest basis where their precisions are equal, so that the rest of the space
    has a working covariance proportional to the identity and adds nothing."""
    design = solution.design
    X = design.X[rows]
    e = design.y[rows] - design.offset[rows] - X @ solution.beta
    variance = 1 / precision[rows]
    uneven = bool(np.ptp(variance) > 0)
    Z = _random_columns(solution, rows, uneven, max_memory)
    if Z.shape[1] + X.shape[1] < len(rows) and not uneven:
        basis = np.linalg.qr(np.column_stack([Z, X]))[0]
        X, e, Z = basis.T @ X, basis.T @ e, basis.T @ Z
        variance = variance[: len(X)]
    root = np.asarray(np.linalg.cholesky(np.diag(variance) + Z @ Z.T), dtype=np.float64)
    return Cluster(X, e, root)


def _random_columns(solution: Solution, rows: NDArray[np.intp], full: bool, max_memory: float) -> Array:
    """(rows, random effects) Z Lambda of one cluster, levels spread into columns."""
    local = [np.unique(term.codes[rows], return_inverse=True) for term in solution.design.random]
    width = sum(len(u) * len(t.names) for (u, _), t in zip(local, solution.design.random, strict=True))
    size = len(rows) if full else min(len(rows), width + solution.design.X.shape[1])
    needed = 8.0 * (len(rows) * width + 6 * size**2)
    if needed > max_memory:
        raise MemoryLimitError(
            f"One cluster with {len(rows)} rows and {width} random effects needs about {needed / 1e9:.1f} GB for its "
            f"robust covariance, more than max_memory ({max_memory / 1e9:.1f} GB). Raise it or use 'satterthwaite'."
        )
    terms = enumerate(zip(solution.design.random, local, strict=True))
    columns = [spread(t.Z[rows] @ solution.factor(r), codes, len(u)) for r, (t, (u, codes)) in terms]
    return np.hstack([np.zeros((len(rows), 0)), *columns])


def spread(values: Array, codes: NDArray[np.intp], levels: int) -> Array:
    """(rows, levels q) values (rows, q) of each row in the columns of its level, zero elsewhere."""
    n, q = values.shape
    out = np.zeros((n, levels * q))
    for k in range(q):
        out[np.arange(n), codes * q + k] = values[:, k]
    return out


def terms_of(cluster: Cluster, M: Array, kind: str) -> tuple[Array, Array, Array]:
    """(U' e, U' Phi U, X' U) of one cluster, U = A W X; of stacks of residuals, roots and M alike."""
    C, X, turned = cluster.root, cluster.X, np.swapaxes(cluster.root, -1, -2)
    half = np.linalg.solve(C, X)  # C^-1 X
    if kind == "CR2":
        CX = turned @ X
        inner = turned @ C
        middle = inner @ inner - CX @ M @ np.swapaxes(CX, -1, -2)  # C' (Phi - X M X') C
        half = inverse_root(middle) @ half
        U = C @ half
    else:
        U = np.linalg.solve(turned, half)
    CU = turned @ U
    scores = (np.swapaxes(U, -1, -2) @ cluster.e[..., None])[..., 0]
    return scores, np.swapaxes(CU, -1, -2) @ CU, X.T @ U


def inverse_root(matrix: Array) -> Array:
    """Symmetric inverse square root, shape (..., k, k); directions without variance are left out."""
    values, vectors = np.linalg.eigh((matrix + np.swapaxes(matrix, -1, -2)) / 2)
    keep = values > SINGULAR * np.maximum(values[..., -1:], 1.0)
    scaled = vectors * np.where(keep, 1 / np.sqrt(np.where(keep, values, 1.0)), 0.0)[..., None, :]
    out: Array = scaled @ np.swapaxes(vectors, -1, -2)
    return out
