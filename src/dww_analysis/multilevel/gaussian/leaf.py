"""The finest link: thousands of small units that are pooled, because only the pattern of their rows matters.

Two persons of one team who were seen on the same waves have the same S = Z'Z; the matrix they take from their
team, sum_ab K_ab g_a g_b', depends on the parameters only through K(S). So the products g_a g_b' are added up
once over all units with the same parent and the same S, and a deviance costs the number of such classes, not
the number of units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..model import Array
from .elimination import Index, add_up, inverse_and_log_det, transpose, with_end
from .jets import stack_size


@dataclass(frozen=True, eq=False)
class PooledLeaf:
    """Cross-products of the finest units, pooled by (parent, pattern); `w` are the columns that coarser links
    need.
    """

    S: Array  # (D, q, q) the different patterns
    count: Array  # (D,) units of each pattern
    pattern: Index  # (C,) pattern of every class
    starts: Index  # (n_parents,) first class of every parent
    H: Array  # (C, q, q, w, w) pooled products
    total: Array  # (n_parents, w, w) cross-products of the rows
    g: Array  # (N, q, w) Z'U of every unit
    unit_pattern: Index  # (N,)
    unit_parent: Index  # (N,)
    unit_order: Index  # (N,) units sorted by class
    class_starts: Index  # (C,) in unit_order

    @cached_property
    def bounds(self) -> Index:
        """(n_parents + 1,) first class of every parent, and the end."""
        return with_end(self.starts, len(self.H))

    def with_products(self, g_y: Array, total_y: Array) -> PooledLeaf:
        """The same units with another response, whose column comes last: only its products are recomputed."""
        g, H, total = self.g.copy(), self.H.copy(), self.total.copy()
        g[:, :, -1] = g_y
        total[:, :, -1] = total[:, -1, :] = total_y
        ordered = g[self.unit_order]
        column = add_up(np.einsum("uai,ub->uabi", ordered, ordered[:, :, -1]), self.class_starts)
        H[..., :, -1] = column
        H[..., -1, :] = np.swapaxes(column, 1, 2)
        return replace(self, g=g, total=total, H=H)

    def _contract(self, K: Array) -> Array:
        """(n_parents, w, w) sum over classes of sum_ab K_ab H_ab."""
        C, q, _, w, _ = self.H.shape
        picked = K[self.pattern]
        if q == 1:
            return add_up(picked.reshape(C, 1, 1) * self.H.reshape(C, w, w), self.starts)
        flat = picked.reshape(C, 1, q * q) @ self.H.reshape(C, q * q, w * w)
        return add_up(flat.reshape(C, w, w), self.starts)

    def eliminate(self, Sigma: Array) -> tuple[float, Array, tuple[Array, ...]]:
        """Log-determinant, parents' matrices, and what the way back needs."""
        M, log_det = inverse_and_log_det(np.eye(len(Sigma)) + self.S @ Sigma)
        return float(self.count @ log_det), self.total - self._contract(Sigma @ M), (M,)

    def adjoint(self, bar_parent: Array, memo: tuple[Array, ...]) -> Array:
        """(q, q) derivative with respect to Sigma."""
        (M,) = memo
        C, q, _, w, _ = self.H.shape
        sizes = np.diff(self.bounds)
        bar = np.repeat(bar_parent, sizes, axis=0).reshape(C, w * w, 1)
        D = (self.H.reshape(C, q * q, w * w) @ bar).reshape(C, q * q)
        by_pattern = np.stack([np.bincount(self.pattern, D[:, j], len(self.S)) for j in range(q * q)], axis=1)
        pulled = M @ by_pattern.reshape(-1, q, q) @ transpose(M)
        return (self.count[:, None, None] * (M @ self.S) - pulled).sum(axis=0)

    def jets(self, Sigma: Array, E: Array, loop: Callable[..., None] | None = None) -> tuple[Array, Array]:
        """(log-determinant stack (T,), parents' stack (T, n_parents, w, w)); `E` (b, q, q) as in `jets.level_jets`."""
        b, w, starts = len(E), self.H.shape[3], self.starts
        T = stack_size(b)
        out = np.zeros((T, len(starts), w, w))
        out[0] = self.total
        if loop is not None:
            ld = np.zeros(T)
            loop(self.S, self.count, Sigma, E, self.pattern, self.bounds, self.H, ld, out)
            return ld, out
        ld, K = self._weights(Sigma, E)
        for t in range(T):
            out[t] -= self._contract(K[t])
        return ld, out

    def _weights(self, Sigma: Array, E: Array) -> tuple[Array, Array]:
        """(log-determinant stack (T,), stack of K (T, D, q, q) with its derivatives) by pattern."""
        b = len(E)
        M, log_det = inverse_and_log_det(np.eye(len(Sigma)) + self.S @ Sigma)
        S_new = M @ self.S
        ES = E[:, None] @ S_new
        K = np.empty((stack_size(b), *M.shape))
        ld = np.empty(len(K))
        ld[0], K[0] = self.count @ log_det, Sigma @ M
        ld[1 : 1 + b] = np.einsum("dij,rij,d->r", S_new, E, self.count)
        K[1 : 1 + b] = transpose(M) @ E[:, None] @ M
        r, s = np.triu_indices(b)
        cross = (transpose(M) @ E[:, None])[r] @ S_new @ (E[:, None] @ M)[s]
        K[1 + b :] = -cross - transpose(cross)
        ld[1 + b :] = -np.einsum("rdij,rdji,d->r", ES[r], ES[s], self.count)
        return ld, K

    def scores(self, vectors: Array, memo: tuple[Array, ...]) -> Array:
        """(N, q) Z'V^-1 r of every unit, from the vectors (n_parents, w) of the parents."""
        (M,) = memo
        raw = np.einsum("uqw,uw->uq", self.g, vectors[self.unit_parent])
        return np.einsum("uab,ub->ua", M[self.unit_pattern], raw)

    def information(self, bar_parent: Array, memo: tuple[Array, ...]) -> Array:
        """(N, q, q) Z'V^-1 Z of every unit, from the derivatives of log|V| with respect to the parents'
        matrices.
        """
        (M,) = memo
        mine = M[self.unit_pattern]
        D = self.g @ bar_parent[self.unit_parent] @ transpose(self.g)
        return (M @ self.S)[self.unit_pattern] - mine @ D @ transpose(mine)
