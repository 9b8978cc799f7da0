"""Designs in which large factors cross (students and lecturers): one factor is eliminated sparsely, the rest
densely.

The factor with most levels is eliminated first, unit by unit; what it takes from the cross-products of the
other random columns is added up over the pairs of columns that occur together in a unit. The other factors
then form one dense matrix whose Cholesky factor gives the rest. Same interface and same derivatives as the
chain of nested links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from scipy.linalg import cholesky, lapack, solve_triangular

from ..model import Array, Design
from .derivatives import Jets, pattern_matrices
from .elimination import Index, inverse_and_log_det, semidefinite_root, transpose
from .scaling import Scaling
from .sparse_parts import (
    Pairs,
    block_diagonal,
    diagonal_blocks,
    find_pairs,
    part_offsets,
    sandwich,
    sparse_blocks,
    sparse_root,
    spread_columns,
    unit_major,
)
from .structure import Part, Plan, relative_block

Pairwise = dict[tuple[int, ...], Any]  # (r,): first, (r, s) with r <= s: second derivative
SMALL_FACTOR = 1e-3  # below this a relative SD is too small to divide by


@dataclass(frozen=True, eq=False)
class Dense:
    """The rest of the random effects after the leaf is gone: factor of I + L'SL and what follows from it."""

    S: Array  # (m, m)
    Gd: Array  # (m, d) cross-products with X and y
    root: sparse.csr_array  # block-diagonal Lambda (m, m)
    A_inverse: Array  # (m, m) (I + L'SL)^-1
    Y: Array  # (m, d) K Gd
    F: Array  # (m, d) (I + S Sigma)^-1 Gd

    @property
    def K(self) -> Array:
        return sandwich(self.root, self.A_inverse)


@dataclass(frozen=True, eq=False)
class Crossed:
    """Statistics of a widely crossed design with one response; d = p + 1 columns of X and y."""

    sizes: tuple[int, ...]
    leaf_parts: tuple[Part, ...]
    dense_parts: tuple[Part, ...]
    codes: tuple[Index, ...]
    S: Array  # (N, q, q) of the leaf's units
    C: sparse.csr_array  # (N q, m) leaf against the other random columns
    Cd: Array  # (N, q, d) leaf against X and y
    pairs: Pairs
    Brr: Array  # (m, m)
    Brd: Array  # (m, d)
    Bdd: Array  # (d, d)
    Z: sparse.csr_array  # (n, N q + m) weighted random columns, for new responses
    X: Array  # (n, p) weighted, scaled
    y: Array  # (n,)
    program: ClassVar[None] = None  # a chain has one

    @staticmethod
    def build(design: Design, scaling: Scaling, plan: Plan, y: Array) -> Crossed:
        leaf, rest = plan.links
        Zl = spread_columns(design, scaling, leaf.parts)
        Zr = spread_columns(design, scaling, rest.parts)
        X = design.X @ scaling.T
        X = X if scaling.root_weights is None else X * scaling.root_weights[:, None]
        q = sum(len(design.random[p.term].names) for p in leaf.parts)
        N = leaf.n_units
        order = unit_major(design, leaf.parts)
        Zl = Zl[:, order]
        gram = (Zl.T @ Zl).tocsr()
        C = (Zl.T @ Zr).tocsr()
        C.sort_indices()
        XY = np.column_stack([X, y])
        return Crossed(
            sizes=tuple(len(t.names) for t in design.random),
            leaf_parts=leaf.parts,
            dense_parts=rest.parts,
            codes=tuple(t.codes for t in design.random),
            S=block_diagonal(gram, N, q),
            C=C,
            Cd=(Zl.T @ XY).reshape(N, q, -1),
            pairs=find_pairs(C, q),
            Brr=(Zr.T @ Zr).toarray(),
            Brd=Zr.T @ XY,
            Bdd=XY.T @ XY,
            Z=sparse.hstack([Zl, Zr]).tocsr(),
            X=X,
            y=y,
        )

    def with_response(self, y: Array) -> Crossed:
        """The same design with another weighted, scaled response (n,)."""
        N, q, _ = self.S.shape
        products = self.Z.T @ y
        Cd, Brd, Bdd = self.Cd.copy(), self.Brd.copy(), self.Bdd.copy()
        Cd[:, :, -1] = products[: N * q].reshape(N, q)
        Brd[:, -1] = products[N * q :]
        Bdd[-1, :-1] = Bdd[:-1, -1] = self.X.T @ y
        Bdd[-1, -1] = y @ y
        return replace(self, Cd=Cd, Brd=Brd, Bdd=Bdd, y=y)

    @property
    def m(self) -> int:
        return len(self.Brr)

    def _reduced(self, K: Array) -> tuple[Array, Array, Array]:
        """What the leaf with weights K (N, q, q) takes from the cross-products: (rr, rd, dd)."""
        N, q, d = self.Cd.shape
        KC = K @ self.Cd
        rd = self.C.T @ KC.reshape(N * q, d)
        return self.pairs.take(K, self.m), rd, np.einsum("uqd,uqe->de", self.Cd, KC)

    def _eliminate_leaf(self, sigmas: list[Array]) -> tuple[float, Array, Array, Array, Array]:
        Sigma = relative_block(self.leaf_parts, sigmas)
        M, log_det = inverse_and_log_det(np.eye(len(Sigma)) + self.S @ Sigma)
        rr, rd, dd = self._reduced(Sigma @ M)
        return float(log_det.sum()), self.Brr - rr, self.Brd - rd, self.Bdd - dd, M

    def _run(self, sigmas: list[Array], invert: bool) -> tuple[float, Array, Dense | None, Array]:
        log_det, S, Gd, Gdd, M = self._eliminate_leaf(sigmas)
        root = sparse_root(self.dense_parts, sigmas)
        A = sandwich(root.T.tocsr(), S)
        A[np.diag_indices_from(A)] += 1.0
        factor = cholesky(A, lower=True, overwrite_a=True, check_finite=False)
        log_det += 2 * float(np.log(np.diag(factor)).sum())
        R = solve_triangular(factor, root.T @ Gd, lower=True, check_finite=False)
        G = Gdd - R.T @ R
        if not invert:
            return log_det, G, None, M
        Y = root @ solve_triangular(factor, R, lower=True, trans=1, check_finite=False)
        inverse, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
        lower = np.tril(inverse, -1)
        inverse = np.tril(inverse) + lower.T
        return log_det, G, Dense(S, Gd, root, inverse, Y, Gd - S @ Y), M

    def forward(self, sigmas: list[Array]) -> tuple[float, Array, None]:
        """log|V| and the (d, d) cross-products of X and y."""
        log_det, G, _, _ = self._run(sigmas, invert=False)
        return log_det, G, None

    def gradient(
        self, sigmas: list[Array], adjoint: Callable[[float, Array], Array]
    ) -> tuple[float, Array, list[Array]]:
        """log|V|, G and, per term, the derivative of log|V| + f(G) with respect to its covariance (q, q)."""
        log_det, G, dense, M = self._run(sigmas, invert=True)
        assert dense is not None
        bar = adjoint(log_det, G)
        bars = [np.zeros((q, q)) for q in self.sizes]
        S_new = self._new_blocks(dense, sigmas)
        pulled = dense.F @ bar
        for part, at, blocks in zip(
            self.dense_parts, part_offsets(self.dense_parts, self.sizes), S_new, strict=True
        ):
            q = self.sizes[part.term]
            rows = slice(at, at + part.copies * q)
            F, FB = (
                dense.F[rows].reshape(-1, q, dense.F.shape[1]),
                pulled[rows].reshape(-1, q, dense.F.shape[1]),
            )
            bars[part.term] += blocks.sum(axis=0) - np.einsum("cad,cbd->ab", FB, F)
        K = dense.K
        leaf = self._leaf_slope(K + dense.Y @ bar @ dense.Y.T, -dense.Y @ bar, bar, M)
        self._add_leaf(leaf, bars)
        return log_det, G, bars

    def _add_leaf(self, leaf: Array, bars: list[Array]) -> None:
        at = 0
        for part in self.leaf_parts:
            q = self.sizes[part.term]
            bars[part.term] += leaf[at : at + q, at : at + q]
            at += q

    def _leaf_blocks(self, bar_rr: Array, bar_rd: Array | None, bar_dd: Array | None) -> Array:
        """(N, q, q) g_i bar g_i' of every unit."""
        N, q, d = self.Cd.shape
        D = self.pairs.give(bar_rr, (N, q, q))
        if bar_rd is not None and bar_dd is not None:
            cross = (self.C @ bar_rd).reshape(N, q, d) @ transpose(self.Cd)
            D = D + cross + transpose(cross) + self.Cd @ bar_dd @ transpose(self.Cd)
        return D

    def _leaf_slope(self, bar_rr: Array, bar_rd: Array, bar_dd: Array, M: Array) -> Array:
        D = self._leaf_blocks(bar_rr, bar_rd, bar_dd)
        return (M @ self.S - M @ D @ transpose(M)).sum(axis=0)

    def _new_blocks(self, dense: Dense, sigmas: list[Array]) -> list[Array]:
        """Per dense part the diagonal blocks (copies, q, q) of Z'V^-1Z = (I + S Sigma)^-1 S."""
        if all(np.abs(np.diag(root)).min() > SMALL_FACTOR for root in self._roots(sigmas)):
            out = []
            for part, at in zip(self.dense_parts, part_offsets(self.dense_parts, self.sizes), strict=True):
                q = self.sizes[part.term]
                back = np.linalg.inv(semidefinite_root(sigmas[part.term]))
                inner = np.eye(q) - diagonal_blocks(dense.A_inverse, at, part.copies, q)
                out.append(back.T @ inner @ back)
            return out
        full = self._new_information(dense)
        return [
            diagonal_blocks(full, at, part.copies, self.sizes[part.term])
            for part, at in zip(self.dense_parts, part_offsets(self.dense_parts, self.sizes), strict=True)
        ]

    def _roots(self, sigmas: list[Array]) -> list[Array]:
        return [semidefinite_root(sigmas[part.term]) for part in self.dense_parts]

    @staticmethod
    def _new_information(dense: Dense) -> Array:
        """(m, m) (I + S Sigma)^-1 S."""
        SL = (dense.root.T @ dense.S).T
        return dense.S - SL @ (dense.A_inverse @ SL.T)

    def jets(self, sigmas: list[Array]) -> Jets:
        """log|V| and G with first and second derivatives in all entries of the covariance matrices."""
        log_det, G, dense, M = self._run(sigmas, invert=True)
        assert dense is not None
        parameters = pattern_matrices(self.sizes)
        k, d = len(parameters), G.shape[0]
        leaf_E, dense_E = self._patterns(parameters)
        ld: Pairwise = {}
        out: Pairwise = {}
        self._leaf_jets(leaf_E, dense, M, ld, out)
        self._dense_jets(dense_E, dense, ld, out)
        self._mixed_jets(leaf_E, dense_E, dense, M, ld, out)
        ld1, ld2, G1, G2 = np.empty(k), np.empty((k, k)), np.empty((k, d, d)), np.empty((k, k, d, d))
        for r in range(k):
            ld1[r], G1[r] = ld[(r,)], out[(r,)]
            for s in range(r, k):
                ld2[r, s] = ld2[s, r] = ld[(r, s)]
                G2[r, s] = G2[s, r] = out[(r, s)]
        return Jets(log_det, ld1, ld2, G, G1, G2)

    def _patterns(self, parameters) -> tuple[dict[int, Array], dict[int, sparse.csr_array]]:
        leaf, dense = {}, {}
        leaf_terms = {p.term for p in self.leaf_parts}
        for r, (term, E) in enumerate(parameters):
            blocks = [E if t == term else np.zeros((q, q)) for t, q in enumerate(self.sizes)]
            if term in leaf_terms:
                leaf[r] = relative_block(self.leaf_parts, blocks)
            else:
                dense[r] = sparse_blocks(self.dense_parts, blocks)
        return leaf, dense

    def _leaf_changes(self, weights: Array, dense: Dense) -> tuple[Array, Array, Array]:
        """For a change `weights` of the leaf's K: (change of S (m, m), y = W'dG E (d, m), W'dG W (d, d))."""
        rr, rd, dd = (-a for a in self._reduced(weights))
        half = rr @ dense.Y
        y = (rd - half).T
        cross = dense.Y.T @ rd
        return rr, y, dense.Y.T @ half - cross - cross.T + dd

    def _leaf_jets(self, E: dict[int, Array], dense: Dense, M: Array, ld: Pairwise, out: Pairwise) -> None:
        K, S_new, mine = dense.K, M @ self.S, sorted(E)
        changes = {r: self._leaf_changes(transpose(M) @ E[r] @ M, dense) for r in mine}
        moved = {r: changes[r][0] @ K for r in mine}
        for i, r in enumerate(mine):
            ld[(r,)] = np.sum(S_new * E[r]) + np.sum(K * changes[r][0])
            out[(r,)] = changes[r][2]
            for s in mine[i:]:
                weights = transpose(M) @ E[r] @ S_new @ E[s] @ M
                rr, _, dd = self._leaf_changes(-weights - transpose(weights), dense)
                cross = changes[r][1] @ (K @ changes[s][1].T)
                out[(r, s)] = dd - cross - cross.T
                ld[(r, s)] = (
                    np.sum(K * rr)
                    - np.sum(moved[r] * moved[s].T)
                    - np.sum((S_new @ E[r]) * transpose(S_new @ E[s]))
                )

    def _dense_jets(self, E: dict[int, sparse.csr_array], dense: Dense, ld: Pairwise, out: Pairwise) -> None:
        S_new, mine = self._new_information(dense), sorted(E)
        moved = {r: E[r] @ S_new for r in mine}
        EF = {r: E[r] @ dense.F for r in mine}
        for i, r in enumerate(mine):
            ld[(r,)] = np.float64(E[r].multiply(S_new).sum())
            out[(r,)] = -dense.F.T @ EF[r]
            for s in mine[i:]:
                cross = EF[r].T @ (S_new @ EF[s])
                out[(r, s)] = cross + cross.T
                ld[(r, s)] = -np.sum(moved[r] * moved[s].T)

    def _mixed_jets(self, leaf_E, dense_E, dense: Dense, M: Array, ld: Pairwise, out: Pairwise) -> None:
        K = dense.K
        back = np.eye(self.m) - K @ dense.S  # (I + Sigma S)^-1
        for r, E in leaf_E.items():
            rr, y, _ = self._leaf_changes(transpose(M) @ E @ M, dense)
            pulled = back.T @ rr @ back
            for s, Es in dense_E.items():
                key = (min(r, s), max(r, s))
                cross = (y @ back) @ (Es @ dense.F)
                out[key] = -cross - cross.T
                ld[key] = np.float64(Es.multiply(pulled).sum())

    def effects(self, sigmas: list[Array], vector: Array) -> list[tuple[Array, Array]]:
        """Per term: Z'V^-1 r (levels, q) and the diagonal blocks of Z'V^-1 Z (levels, q, q), scaled columns."""
        _, _, dense, M = self._run(sigmas, invert=True)
        assert dense is not None
        N, q, _ = self.Cd.shape
        raw = (self.C @ (-dense.Y @ vector)).reshape(N, q) + self.Cd @ vector
        v = np.einsum("uab,ub->ua", M, raw)
        D = self._leaf_blocks(dense.K, None, None)
        info = M @ self.S - M @ D @ transpose(M)
        out: list = [None] * len(self.sizes)
        at = 0
        for part in self.leaf_parts:
            size = self.sizes[part.term]
            own = slice(at, at + size)
            out[part.term] = self._relabel(part.term, v[:, own], info[:, own, own])
            at += size
        scores, full = dense.F @ vector, self._new_information(dense)
        for part, at in zip(self.dense_parts, part_offsets(self.dense_parts, self.sizes), strict=True):
            size = self.sizes[part.term]
            rows = slice(at, at + part.copies * size)
            out[part.term] = (scores[rows].reshape(-1, size), diagonal_blocks(full, at, part.copies, size))
        return out

    def _relabel(self, term: int, values: Array, blocks: Array) -> tuple[Array, Array]:
        """Units of the leaf in the order of this term's own codes (they differ where two terms share a
        partition).
        """
        unit = np.empty(int(self.codes[term].max()) + 1, dtype=np.intp)
        unit[self.codes[term]] = self.codes[self.leaf_parts[0].term]
        return values[unit], blocks[unit]

    def bytes_of_jets(self) -> int:
        """Memory that the dense matrices of the second derivatives need at one time."""
        k = sum(q * (q + 1) // 2 for q in self.sizes)
        return 8 * self.m**2 * (8 + 2 * k) + self.pairs.product.nbytes * 4
