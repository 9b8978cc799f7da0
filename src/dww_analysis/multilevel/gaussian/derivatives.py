"""The second-order expansion of log|V| and G = [X y]'V^-1[X y] as arrays, and the variance parameters it runs over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..model import Array
from .jets import pair_places


@cache
def entries(q: int) -> tuple[tuple[int, int], ...]:
    """Entries (row, column) of a lower triangle, column by column."""
    return tuple((i, j) for j in range(q) for i in range(j, q))


def lower_entries(block: Array) -> Array:
    """(q (q + 1) / 2,) the lower triangle of a matrix, in the order of `entries`."""
    return np.array([block[i, j] for i, j in entries(len(block))])


def pattern_matrices(sizes: Sequence[int]) -> list[tuple[int, Array]]:
    """Every variance parameter of the model in order: (term, E) with dSigma_term = E."""
    out = []
    for r, q in enumerate(sizes):
        for i, j in entries(q):
            E = np.zeros((q, q))
            E[i, j] = E[j, i] = 1.0
            out.append((r, E))
    return out


@cache
def pivot_places(sizes: tuple[int, ...]) -> NDArray[np.intp]:
    """Places of the diagonals among the entries of the lower triangles of all terms."""
    on_diagonal = [i == j for q in sizes for i, j in entries(q)]
    return np.flatnonzero(on_diagonal)


@cache
def entry_curvature(sizes: tuple[int, ...]) -> Array:
    """(k, k, k) d2 Sigma_r / d theta_t d theta_u of Sigma = Lambda Lambda' over all terms: constants."""
    k = sum(q * (q + 1) // 2 for q in sizes)
    out, at = np.zeros((k, k, k)), 0
    for q in sizes:
        places = entries(q)
        for t, (i, j) in enumerate(places):
            for u, (a, b) in enumerate(places):
                if j == b:
                    r = places.index((max(i, a), min(i, a)))
                    out[at + r, at + t, at + u] = 2.0 if i == a else 1.0
        at += len(places)
    return out


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the parameters of a model stand in stacks over the order of elimination."""

    first: NDArray[np.intp]  # (k,) places of the first derivatives
    second: NDArray[np.intp]  # (k, k) places of the second derivatives

    @staticmethod
    @cache
    def of(order: tuple[int, ...]) -> Layout:
        back = np.argsort(order)
        return Layout(1 + back, pair_places(len(order))[np.ix_(back, back)])


@dataclass(frozen=True, eq=False)
class Jets:
    """Derivatives in k parameters, in the order of the model."""

    ld: float
    ld1: Array  # (k,)
    ld2: Array  # (k, k)
    G: Array  # (d, d)
    G1: Array  # (k, d, d)
    G2: Array  # (k, k, d, d)

    @staticmethod
    def of(ld: Array, G: Array, layout: Layout) -> Jets:
        """From stacks over the parameters in the order of elimination."""
        first, second = layout.first, layout.second
        return Jets(float(ld[0]), ld[first], ld[second], G[0], G[first], G[second])

    def moved(self, change: Array) -> Jets:
        """Taylor's formula: values to second order, first derivatives to first order, second derivatives kept."""
        k, d = len(change), len(self.G)
        ld_slope = self.ld2 @ change
        G_slope = (change @ self.G2.reshape(k, -1)).reshape(k, d, d)
        return Jets(
            self.ld + float(change @ (self.ld1 + ld_slope / 2)),
            self.ld1 + ld_slope,
            self.ld2,
            self.G + (change @ (self.G1 + G_slope / 2).reshape(k, -1)).reshape(d, d),
            self.G1 + G_slope,
            self.G2,
        )


@cache
def widened_places(a: int, b: int) -> NDArray[np.intp]:
    """Where the entries of a stack over a parameters stand once b more have come last."""
    i, j = np.triu_indices(a)
    return np.concatenate([np.arange(1 + a), pair_places(a + b)[i, j]])
