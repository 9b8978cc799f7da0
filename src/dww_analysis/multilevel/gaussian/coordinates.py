"""Coordinates in which a search moves all covariances while one standard deviation, correlation or sigma is held."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from ..model import Array

SMALLEST_SIGMA = 1e-10


class Coordinates:
    """Coordinates of all covariance matrices and sigma with one standard deviation, correlation or sigma held
    fixed.

    Every term has standard deviations and a unit-row Cholesky factor of its correlation matrix, whose rows
    are unconstrained numbers below a one, normalised. The held pair stands first in its term, where its
    correlation is a single entry.
    """

    def __init__(self, sizes: tuple[int, ...], held: tuple[int, int, int] | None) -> None:
        self.sizes, self.held = sizes, held
        self.orders = [list(range(q)) for q in sizes]
        if held is not None:
            term, i, j = held
            first = [i] if i == j else [j, i]
            self.orders[term] = first + [a for a in range(sizes[term]) if a not in first]

    @cached_property
    def is_sd(self) -> np.ndarray:
        """(free coordinates,) True for standard deviations of random effects."""
        out = []
        for r, q in enumerate(self.sizes):
            for a in range(q):
                out += [] if self._holds(r, a, a) else [True]
                out += [False for b in range(a) if not self._holds(r, a, b)]
        return np.array(out if self.held is None else [*out, False], dtype=bool)

    @cached_property
    def is_tie(self) -> np.ndarray:
        """(free coordinates,) True for those that stand for correlations."""
        out = ~self.is_sd
        if self.held is not None:
            out[-1] = False
        return out

    @property
    def pair(self) -> tuple[int, int]:
        """Places among the free coordinates of the two standard deviations whose correlation is held."""
        assert self.held is not None
        first = self._ends[self.held[0] - 1] if self.held[0] else 0
        return first, first + 1

    def read(self, factors: list[Array], sigma: float) -> Array:
        """Free coordinates of a fit; the held one is left out."""
        out = []
        for r, factor in enumerate(factors):
            cov = (sigma * factor @ factor.T * sigma)[np.ix_(self.orders[r], self.orders[r])]
            sd = np.maximum(np.sqrt(np.diag(cov)), 1e-3)
            R = cov / np.outer(sd, sd)
            np.fill_diagonal(R, 1.0)
            L = np.linalg.cholesky(0.999 * R + 0.001 * np.eye(len(R)))
            for a in range(len(R)):
                if not (self._holds(r, a, a)):
                    out.append(sd[a])
                out += [L[a, b] / L[a, a] for b in range(a) if not self._holds(r, a, b)]
        return np.array(out if self.held is None else [*out, sigma])

    def _holds(self, r: int, a: int, b: int) -> bool:
        if self.held is None or self.held[0] != r:
            return False
        return (a, b) == ((0, 0) if self.held[1] == self.held[2] else (1, 0))

    @cached_property
    def _ends(self) -> list[int]:
        """Where the free coordinates of each term end."""
        free = [
            sum(not self._holds(r, a, b) for a in range(q) for b in range(a + 1))
            for r, q in enumerate(self.sizes)
        ]
        return np.cumsum(free).tolist()

    @cached_property
    def _terms(self) -> list[int]:
        """(free coordinates,) the term of each; one past the last for sigma."""
        return np.searchsorted(self._ends, np.arange(len(self.is_sd)), side="right").tolist()

    @cached_property
    def _own_order(self) -> list[tuple[np.ndarray, ...]]:
        """Per term the places of a covariance matrix in this layout's order."""
        return [np.ix_(order, order) for order in self.orders]

    def write(self, value: float, free: Array) -> tuple[list[Array], float]:
        """Covariance matrices of all terms (in their own order) and sigma."""
        return [self._covariance(r, value, free) for r in range(len(self.sizes))], self._sigma(value, free)

    def _sigma(self, value: float, free: Array) -> float:
        return float(value if self.held is None else abs(free[-1]) + SMALLEST_SIGMA)

    def _covariance(self, r: int, value: float, free: Array) -> Array:
        """(q, q) covariance of one term, in its own order."""
        q, end = self.sizes[r], self._ends[r]
        given = iter(free[self._ends[r - 1] if r else 0 : end].tolist())
        T = np.zeros((q, q))
        for a in range(q):
            sd = value if self._holds(r, a, a) else next(given)
            if a < 2 and self._holds(r, 1, 0):  # a negative one would turn the sign of the held correlation
                sd = abs(sd)
            row = [_tied(value) if self._holds(r, a, b) else next(given) for b in range(a)]
            T[a, : a + 1] = _scaled([*row, 1.0], sd)
        cov = np.empty((q, q))
        cov[self._own_order[r]] = T @ T.T
        return cov

    def pull_back(self, value: float, free: Array, bars: list[Array], d_sigma: float) -> Array:
        """Gradient in the free coordinates; the map to covariances is small and differentiated numerically."""
        out = np.empty(len(free))
        for t, r in enumerate(self._terms):
            h = 1e-6 * max(1.0, abs(free[t]))
            up, down = free.copy(), free.copy()
            up[t] += h
            down[t] -= h
            if r == len(self.sizes):
                change = d_sigma * (self._sigma(value, up) - self._sigma(value, down))
            else:
                moved = self._covariance(r, value, up) - self._covariance(r, value, down)
                change = float(np.sum(bars[r] * moved))
            out[t] = change / (2 * h)
        return out


def _tied(correlation: float) -> float:
    """The number below a one of a unit row that stands for a held correlation."""
    return float(correlation / np.sqrt(max(1 - correlation**2, 1e-16)))


def _scaled(row: list[float], length: float) -> list[float]:
    """A row of the given length in the same direction."""
    total = 0.0
    for x in row:
        total += x * x
    now = math.sqrt(total)
    return [length * (x / now) for x in row]
