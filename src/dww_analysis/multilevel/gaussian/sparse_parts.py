"""Sparse pieces of a widely crossed design: random columns by level, blocks of units, pairs of columns that meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..model import Array, Design
from .elimination import semidefinite_root
from .scaling import Scaling
from .structure import Part

Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of non-zero entries in the rows of one unit: their place among the units' (q, q) blocks, their
    place in the dense matrix, and the product of their values."""

    block: Index
    place: Index
    product: Array

    def take(self, K: Array, m: int) -> Array:
        """(m, m) sum over units of C_i' K_i C_i."""
        weights = self.product * K.reshape(-1)[self.block]
        return np.bincount(self.place, weights, m * m).astype(np.float64, copy=False).reshape(m, m)

    def give(self, bar: Array, shape: tuple[int, ...]) -> Array:
        """(N, q, q) C_i bar C_i' of every unit."""
        weights = self.product * bar.reshape(-1)[self.place]
        return (
            np.bincount(self.block, weights, int(np.prod(shape)))
            .astype(np.float64, copy=False)
            .reshape(shape)
        )


def sandwich(root: sparse.csr_array, inner: Array) -> Array:
    """root inner root' for a sparse root and a symmetric inner matrix."""
    return root @ (root @ inner).T


def spread_columns(design: Design, scaling: Scaling, parts: tuple[Part, ...]) -> sparse.csr_array:
    """(n, sum of levels x q) weighted, scaled random columns; per part level by level."""
    blocks = []
    rows = np.arange(design.n)
    for part in parts:
        term = design.random[part.term]
        q = len(term.names)
        Z = scaling.scaled_z(part.term, term.Z)
        columns = term.codes[:, None] * q + np.arange(q)
        shape = (design.n, term.n_levels * q)
        blocks.append(sparse.csr_array((Z.ravel(), (np.repeat(rows, q), columns.ravel())), shape=shape))
    return sparse.hstack(blocks).tocsr()


def unit_major(design: Design, parts: tuple[Part, ...]) -> Index:
    """Order of the leaf's columns unit by unit, all parts of a unit together."""
    first = design.random[parts[0].term]
    out, at = [], 0
    for part in parts:
        term = design.random[part.term]
        q = len(term.names)
        level = np.empty(first.n_levels, dtype=np.intp)
        level[first.codes] = term.codes
        out.append(at + level[:, None] * q + np.arange(q))
        at += term.n_levels * q
    return np.concatenate(out, axis=1).ravel()


def block_diagonal(gram: sparse.csr_array, N: int, q: int) -> Array:
    """(N, q, q) diagonal blocks of a sparse matrix."""
    coo = gram.tocoo()
    out = np.zeros((N, q, q))
    out[coo.row // q, coo.row % q, coo.col % q] = coo.data
    return out


def find_pairs(C: sparse.csr_array, q: int) -> Pairs:
    """All ordered pairs of entries that share a unit."""
    m = C.shape[1]
    coo = C.tocoo()
    unit, inside = coo.row // q, coo.row % q
    counts = np.bincount(unit, minlength=C.shape[0] // q)
    starts = np.cumsum(counts) - counts
    n_partners = counts[unit]
    left = np.repeat(np.arange(len(unit)), n_partners)
    first = np.repeat(np.cumsum(n_partners) - n_partners, n_partners)
    right = np.arange(len(left)) - first + starts[unit[left]]
    block = (unit[left] * q + inside[left]) * q + inside[right]
    place = coo.col[left].astype(np.intp) * m + coo.col[right]
    return Pairs(block.astype(np.intp), place, coo.data[left] * coo.data[right])


def part_offsets(parts: tuple[Part, ...], sizes: tuple[int, ...]) -> list[int]:
    widths = [p.copies * sizes[p.term] for p in parts]
    return [sum(widths[:i]) for i in range(len(widths))]


def sparse_blocks(parts: tuple[Part, ...], blocks: list[Array]) -> sparse.csr_array:
    """Block-diagonal sparse matrix of the dense parts."""
    return sparse.block_diag([sparse.kron(sparse.eye_array(p.copies), blocks[p.term]) for p in parts]).tocsr()


def sparse_root(parts: tuple[Part, ...], sigmas: list[Array]) -> sparse.csr_array:
    return sparse_blocks(parts, [semidefinite_root(s) for s in sigmas])


def diagonal_blocks(full: Array, at: int, copies: int, q: int) -> Array:
    """(copies, q, q) consecutive diagonal blocks from row `at` on."""
    rows = at + np.arange(copies)[:, None] * q + np.arange(q)
    return full[rows[:, :, None], rows[:, None, :]]
