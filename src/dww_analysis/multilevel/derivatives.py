"""The second-order expansion of log|V| and G = [X y]'V^-1[X y] as arrays, and the variance parameters it runs over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .jets import n_parameters, pair_places, stack_size
from .model import Array


def entries(q: int) -> list[tuple[int, int]]:
    """Entries (row, column) of a lower triangle, column by column."""
    return [(i, j) for j in range(q) for i in range(j, q)]


def pattern_matrices(sizes: Sequence[int]) -> list[tuple[int, Array]]:
    """Every variance parameter of the model in order: (term, E) with dSigma_term = E."""
    out = []
    for r, q in enumerate(sizes):
        for i, j in entries(q):
            E = np.zeros((q, q))
            E[i, j] = E[j, i] = 1.0
            out.append((r, E))
    return out


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
    def of(ld: Array, G: Array, order: list[int], k: int) -> Jets:
        """From stacks over the parameters in the order of elimination."""
        back = np.argsort(order)
        places = pair_places(k)[np.ix_(back, back)]
        return Jets(float(ld[0]), ld[1 + back], ld[places], G[0], G[1 + back], G[places])


def widen(stack: Array, b: int) -> Array:
    """The stack (T,) over a parameters with room for b more, which come last."""
    a = n_parameters(len(stack))
    out = np.zeros(stack_size(a + b))
    out[: 1 + a] = stack[: 1 + a]
    i, j = np.triu_indices(a)
    out[pair_places(a + b)[i, j]] = stack[1 + a :]
    return out
