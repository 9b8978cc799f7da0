"""Eliminate the random effects of one link of the chain from cross-product matrices, with first and second
derivatives.

With G = U'V^-1 U for the columns U of one unit, adding a random effect with columns z = U E and relative
covariance S gives G~ = (G^-1 + E S E')^-1 = G - G E K E' G with K = (S^-1 + E'GE)^-1 (Woodbury), and log|V|
grows by log|I + S E'GE|. Both are differentiated by hand: backwards for the gradient (`adjoint`), forwards to
second order for the Hessian and for Kenward-Roger (`jets`). Everything is batched over units; no matrix is
larger than the columns of a unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..model import Array

Index = NDArray[np.intp]


def transpose(a: Array) -> Array:
    return np.swapaxes(a, -1, -2)


def add_up(a: Array, starts: Index) -> Array:
    """Sum consecutive units into their parents."""
    if len(starts) == len(a):
        return a
    if len(starts) == 1:
        return a.sum(axis=0, keepdims=True)
    return np.add.reduceat(a, starts, axis=0)


def with_end(starts: Index, end: int) -> Index:
    """(N + 1,) the starts and the end behind the last."""
    out = np.empty(len(starts) + 1, dtype=np.intp)
    out[:-1], out[-1] = starts, end
    return out


def inverse_and_log_det(A: Array) -> tuple[Array, Array]:
    """Inverse and log-determinant of a stack (N, q, q) of matrices with positive determinant."""
    q = A.shape[-1]
    if q == 1:
        return 1.0 / A, np.log(A[:, 0, 0])
    if q == 2:
        det = A[:, 0, 0] * A[:, 1, 1] - A[:, 0, 1] * A[:, 1, 0]
        out = np.empty_like(A)
        out[:, 0, 0], out[:, 1, 1] = A[:, 1, 1], A[:, 0, 0]
        out[:, 0, 1], out[:, 1, 0] = -A[:, 0, 1], -A[:, 1, 0]
        return out / det[:, None, None], np.log(det)
    log_det: Array = np.linalg.slogdet(A)[1]
    inverse: Array = np.asarray(np.linalg.inv(A), dtype=np.float64)
    return inverse, log_det


def semidefinite_root(Sigma: Array, zero: float = 1e-14) -> Array:
    """Lower-triangular root of a positive semi-definite matrix; a pivot that is `zero` (a share of the largest entry of
    the diagonal) gives a zero column."""
    q = len(Sigma)
    rest, out = Sigma.copy(), np.zeros((q, q))
    scale = max(float(np.abs(np.diag(Sigma)).max()), 1e-300)
    for j in range(q):
        if rest[j, j] > zero * scale:
            out[j:, j] = rest[j:, j] / np.sqrt(rest[j, j])
            rest = rest - np.outer(out[:, j], out[:, j])
    return out


@dataclass(frozen=True, eq=False)
class Level:
    """Units of one link: where their random columns stand, which columns live on, and who their parents are."""

    z: Index  # (q,) places of the random columns among the incoming columns
    keep: Index  # (w_out,) incoming columns that coarser links need
    starts: Index  # (n_parents,) first child of every parent
    parent: Index  # (N,) parent of every unit

    @cached_property
    def bounds(self) -> Index:
        """(n_parents + 1,) first child of every parent, and the end."""
        return with_end(self.starts, len(self.parent))

    def eliminate(self, G: Array, Sigma: Array) -> tuple[float, Array, tuple[Array, ...]]:
        """Log-determinant, parents' matrices, and what the way back needs."""
        z = self.z
        g = G[:, z, :]  # (N, q, w) = E'G
        S = g[:, :, z]
        M, log_det = inverse_and_log_det(np.eye(len(z)) + S @ Sigma)
        K = Sigma @ M
        out = g[:, :, self.keep]
        rest = G[:, self.keep[:, None], self.keep] - transpose(out) @ (K @ out)
        return float(log_det.sum()), add_up(rest, self.starts), (g, M, K)

    def adjoint(self, bar_parent: Array, memo: tuple[Array, ...]) -> tuple[Array, Array]:
        """Derivatives with respect to the units' G (N, w, w) and to Sigma (q, q), from those of the parents'
        G.
        """
        g, M, K = memo
        n, _, w = g.shape
        bar = np.zeros((n, w, w))
        bar[:, self.keep[:, None], self.keep] = bar_parent[self.parent]
        B = g @ bar  # (N, q, w)
        D = B @ transpose(g)
        S_new = M @ g[:, :, self.z]
        bar_sigma = (S_new - M @ D @ transpose(M)).sum(axis=0)
        KB = K @ B
        bar[:, self.z, :] -= KB
        bar[:, :, self.z] -= transpose(KB)
        bar[:, self.z[:, None], self.z] += K @ D @ K + K
        return bar, bar_sigma

    def scores(self, vectors: Array, memo: tuple[Array, ...]) -> tuple[Array, Array]:
        """For vectors c (N, w_out) with U c = V~^-1-weighted residuals: (E'G~ c (N, q), P'c (N, w)).

        The first is Z'V^-1 r of every unit, the second the vectors of the children.
        """
        g, M, K = memo
        full = np.zeros((len(g), g.shape[2]))
        full[:, self.keep] = vectors
        raw = np.einsum("nqw,nw->nq", g, full)
        full[:, self.z] -= np.einsum("nab,nb->na", K, raw)
        return np.einsum("nab,nb->na", M, raw), full

    def information(self, bar_parent: Array, memo: tuple[Array, ...]) -> tuple[Array, Array]:
        """(N, q, q) blocks Z'V^-1 Z of every unit, and the derivative of log|V| with respect to the units' G."""
        g, M, _ = memo
        bar, _ = self.adjoint(bar_parent, memo)
        full = np.zeros_like(bar)
        full[:, self.keep[:, None], self.keep] = bar_parent[self.parent]
        pulled = M @ (g @ full @ transpose(g)) @ transpose(M)
        return M @ g[:, :, self.z] - pulled, bar
