"""Covariance of the rows, V = Z G Z' + R, as dense blocks of independent rows, with its derivatives.

Rows that share no random effect and no person are independent; each connected set of rows is one block. Blocks of
similar size are padded (unit variance, zero X and y) and worked on together. Cost: cubic in the rows of a block.

Parameters omega, in this order: the covariances of each random term (lower triangle, column by column), the residual
variances by level, and rho.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..errors import MemoryLimitError
from ..generalised.pattern import IntArray, rank_within
from ..model import Array, Design
from .structure import ResidualStructure

PASS_ENTRIES = 1e6  # entries of the matrices that one step of a single pass works on


@dataclass(frozen=True, eq=False)
class _TermBlock:
    """One random term in one bucket of blocks."""

    same: Array  # (K, m, m) 1.0 where two rows share the level
    z: Array  # (q, K, m)

    def pattern(self, a: int, b: int) -> Array:
        """Derivative of Z G Z' in G[a, b] = G[b, a]."""
        out = self.z[a][:, :, None] * self.z[b][:, None, :]
        if a != b:
            out = out + out.transpose(0, 2, 1)
        return out * self.same


@dataclass(frozen=True, eq=False)
class Block:
    """A bucket of K blocks of m rows (padded); arrays in the order of its rows."""

    rows: IntArray  # (K, m) row of the design, -1 for padding
    real: Array  # (K, m) 1.0 for a row, 0.0 for padding
    X: Array  # (K, m, p)
    terms: tuple[_TermBlock, ...]
    level: IntArray  # (K, m) residual level, 0 for padding
    root_weight: Array  # (K, m) 1 / sqrt(weight)
    same_person: Array | None  # (K, m, m)
    gap: Array | None  # (K, m, m) |wave difference|, 0 between persons

    def take(self, v: Array) -> Array:
        """Values by row as (K, m) with zeros in the padding."""
        return v[self.rows] * self.real


class RowCovariance:
    """V and its derivatives for one design and residual structure, block by block."""

    def __init__(self, design: Design, structure: ResidualStructure, max_memory: float) -> None:
        self.design, self.structure = design, structure
        self.sizes = [len(t.names) for t in design.random]
        self.n_levels = len(structure.levels)
        self.entries = [(t, a, b) for t, q in enumerate(self.sizes) for b in range(q) for a in range(b, q)]
        self.n_random = len(self.entries)
        self.has_rho = structure.spec is not None
        self.n_parameters = self.n_random + self.n_levels + self.has_rho
        self.max_memory = max_memory

    @cached_property
    def label(self) -> IntArray:
        """(n,) independent block of each row."""
        return _row_components(self.design, self.structure)

    @cached_property
    def blocks(self) -> list[Block]:
        """The dense blocks, made when first needed and kept; refuses those that would pass the memory."""
        entries = float((np.bincount(self.label).astype(float) ** 2).sum())
        advice = "Fit smaller independent units or leave the structure out"
        self._refuse_memory(entries, self.n_parameters + 6, self.max_memory, advice)
        return [self._block(rows) for rows in _buckets(self.label)]

    def each_block(self, max_memory: float) -> Iterator[Block]:
        """The same blocks for one pass, a few at a time; refuses a single one that would pass the memory."""
        largest = float(np.bincount(self.label).max()) ** 2
        entries = max(largest, min(PASS_ENTRIES, float(self.design.n) ** 2))
        self._refuse_memory(entries, 2 * self.n_parameters + 8, max_memory, "Choose df='satterthwaite'")
        for rows in _buckets(self.label):
            step = max(int(PASS_ENTRIES / rows.shape[1] ** 2), 1)
            for start in range(0, len(rows), step):
                yield self._block(rows[start : start + step])

    def _refuse_memory(self, entries: float, matrices: int, max_memory: float, advice: str) -> None:
        needed = 8.0 * entries * matrices * 1.2
        if needed > max_memory:
            raise MemoryLimitError(
                f"the residual structure needs dense blocks of up to {int(np.bincount(self.label).max())} rows, about "
                f"{needed / 1e9:.3g} GB; max_memory allows {max_memory / 1e9:.3g} GB. {advice}"
            )

    def _block(self, rows: IntArray) -> Block:
        design, s = self.design, self.structure
        real = (rows >= 0).astype(float)
        both = real[:, :, None] * real[:, None, :]
        terms = tuple(
            _TermBlock(_same(t.codes[rows]) * both, (t.Z[rows] * real[:, :, None]).transpose(2, 0, 1))
            for t in design.random
        )
        same = gap = None
        if s.person is not None and s.wave is not None:
            same = _same(s.person[rows]) * both
            wave = s.wave[rows]
            gap = np.abs(wave[:, :, None] - wave[:, None, :]) * same
        return Block(
            rows=rows,
            real=real,
            X=design.X[rows] * real[:, :, None],
            terms=terms,
            level=np.where(rows >= 0, s.codes[rows], 0),
            root_weight=1.0 / np.sqrt(np.where(rows >= 0, design.weights[rows], 1.0)),
            same_person=same,
            gap=gap,
        )

    def split(self, omega: Array) -> tuple[list[Array], Array, float]:
        """Covariance matrices of the terms, residual variances by level, rho."""
        G = [np.zeros((q, q)) for q in self.sizes]
        for (t, a, b), value in zip(self.entries, omega, strict=False):
            G[t][a, b] = G[t][b, a] = value
        variances = omega[self.n_random : self.n_random + self.n_levels]
        return G, variances, float(omega[-1]) if self.has_rho else 0.0

    def covariance(self, block: Block, omega: Array) -> Array:
        """(K, m, m) covariance of the rows of a bucket; the identity in the padding."""
        G, _, _ = self.split(omega)
        V = self.residual(block, omega)
        m = block.rows.shape[1]
        for term, g in zip(block.terms, G, strict=True):
            left = np.einsum("aki,ab->bki", term.z, g)
            part = np.einsum("bki,bkj->kij", left, term.z)
            V += part * term.same
        V[:, range(m), range(m)] += 1.0 - block.real
        return V

    def residual(self, block: Block, omega: Array) -> Array:
        """(K, m, m) residual covariance R, zero in the padding."""
        _, variances, rho = self.split(omega)
        sd = np.sqrt(variances)[block.level] * block.root_weight * block.real
        if block.gap is None:
            out = np.zeros((*sd.shape, sd.shape[1]))
            out[:, range(sd.shape[1]), range(sd.shape[1])] = sd**2
            return out
        assert block.same_person is not None
        return sd[:, :, None] * sd[:, None, :] * block.same_person * _power(rho, block.gap)

    def derivatives(self, block: Block, omega: Array) -> Iterator[Array]:
        """(K, m, m) first derivatives of V, one per parameter in the order of omega."""
        for t, a, b in self.entries:
            yield block.terms[t].pattern(a, b)
        _, variances, _ = self.split(omega)
        R = self.residual(block, omega)
        for level in range(self.n_levels):
            yield R * self._exponent(block, level) / variances[level]
        if block.gap is not None:
            yield self._rho_derivative(block, omega, 1)

    def _exponent(self, block: Block, level: int) -> Array:
        """Power of the level's variance in each entry of R: 0, 1/2 or 1."""
        mine = (block.level == level).astype(float)
        return 0.5 * (mine[:, :, None] + mine[:, None, :])

    def _rho_derivative(self, block: Block, omega: Array, order: int) -> Array:
        _, variances, rho = self.split(omega)
        assert block.gap is not None and block.same_person is not None
        sd = np.sqrt(variances)[block.level] * block.root_weight * block.real
        factor = block.gap if order == 1 else block.gap * (block.gap - 1.0)
        power = _power(rho, np.maximum(block.gap - order, 0.0))
        assert block.same_person is not None
        return sd[:, :, None] * sd[:, None, :] * block.same_person * factor * power

    def second_derivatives(self, block: Block, omega: Array) -> Iterator[tuple[int, int, Array]]:
        """(r, s, d2V) for r <= s wherever it is not zero: only R with a correlation has any."""
        if block.gap is None:
            return
        _, variances, _ = self.split(omega)
        R = self.residual(block, omega)
        first = self._rho_derivative(block, omega, 1)
        last = self.n_parameters - 1
        for i in range(self.n_levels):
            e_i = self._exponent(block, i)
            for j in range(i, self.n_levels):
                e_j = self._exponent(block, j) - (1.0 if i == j else 0.0)
                yield self.n_random + i, self.n_random + j, R * e_i * e_j / (variances[i] * variances[j])
            yield self.n_random + i, last, first * e_i / variances[i]
        yield last, last, self._rho_derivative(block, omega, 2)


def _power(rho: float, gap: Array) -> Array:
    """rho^gap for whole gaps, also for negative rho; 0^0 is 1. Few gaps occur, so powers are looked up."""
    return np.power(rho, np.arange(gap.max() + 1.0))[gap.astype(np.intp)]


def _same(codes: IntArray) -> Array:
    return (codes[:, :, None] == codes[:, None, :]).astype(float)


def _row_components(design: Design, structure: ResidualStructure) -> IntArray:
    """Number of the independent block of each row."""
    factors = [t.codes for t in design.random]
    if structure.person is not None:
        factors.append(structure.person)
    n = design.n
    if not factors:
        return np.arange(n)
    nodes, at = [], n
    for codes in factors:
        nodes.append(codes + at)
        at += int(codes.max()) + 1
    rows = np.tile(np.arange(n), len(nodes))
    graph = coo_array((np.ones(len(rows), np.int8), (rows, np.concatenate(nodes))), shape=(at, at))
    label = connected_components(graph, directed=False)[1][:n]
    return np.unique(label, return_inverse=True)[1].reshape(-1)


def _buckets(label: IntArray) -> list[IntArray]:
    """Row numbers of blocks of similar size, (K, m) with -1 as padding."""
    size = np.bincount(label)
    rank = rank_within(label)
    order = np.argsort(size, kind="stable")
    out, i = [], 0
    while i < len(order):
        limit = max(int(1.2 * size[order[i]]), size[order[i]])
        j = i + int(np.searchsorted(size[order[i:]], limit, side="right"))
        place = np.full(len(size), -1)
        place[order[i:j]] = np.arange(j - i)
        rows = np.full((j - i, int(size[order[j - 1]])), -1, dtype=np.intp)
        mine = np.flatnonzero(place[label] >= 0)
        rows[place[label[mine]], rank[mine]] = mine
        out.append(rows)
        i = j
    return out
