"""Rows of answers reduced to what a normal likelihood needs: per pattern of answered items a count, mean and
covariance.

Complete data are the case of one pattern. Unanswered entries are held as zeros beside a mask, so that all patterns
share one shape and one batched inversion.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Moments:
    """Sufficient statistics of one group: P patterns of p items."""

    n: Array  # (P,) persons with the pattern
    observed: NDArray[np.bool_]  # (P, p)
    mean: Array  # (P, p), zero where not observed
    cov: Array  # (P, p, p), divisor n, zero where not observed
    rows: Array | None = None  # (N, p) the answers themselves, NaN where not observed
    pattern: NDArray[np.intp] | None = None  # (N,) pattern of each row
    cluster: NDArray[np.intp] | None = None  # (N,) cluster of each row, counted from 0

    @property
    def total(self) -> float:
        return float(self.n.sum())

    @cached_property
    def complete(self) -> bool:
        """Whether every row answered every item."""
        return bool(self.observed.all())

    @cached_property
    def together(self) -> NDArray[np.bool_]:
        """(P, p, p) whether both items of a pair are answered."""
        return self.observed[:, :, None] & self.observed[:, None, :]

    @cached_property
    def gaps(self) -> NDArray[np.bool_]:
        """(P, p, p) a one on the diagonal for each item not answered."""
        return ~self.observed[:, :, None] & np.eye(self.n_items, dtype=bool)

    @cached_property
    def repeated(self) -> NDArray[np.intp]:
        """Patterns of more than one person."""
        return np.flatnonzero(self.n > 1)

    @property
    def n_items(self) -> int:
        return self.observed.shape[1]


def from_rows(rows: Array, cluster: NDArray[np.intp] | None = None) -> Moments:
    """Moments of (N, p) answers; a row without any answer must have been removed."""
    seen = ~np.isnan(rows)
    observed, pattern, counts = np.unique(seen, axis=0, return_inverse=True, return_counts=True)
    pattern = pattern.reshape(-1)
    filled = np.where(seen, rows, 0.0)
    mean = np.zeros((len(observed), rows.shape[1]))
    np.add.at(mean, pattern, filled)
    mean /= counts[:, None]
    centred = np.where(seen, filled - mean[pattern], 0.0)
    cov = np.zeros((len(observed), rows.shape[1], rows.shape[1]))
    for k in np.flatnonzero(counts > 1):
        part = centred[pattern == k]
        cov[k] = part.T @ part / counts[k]
    return Moments(counts.astype(float), observed, mean, cov, rows, pattern, cluster)


def from_statistics(n: float, mean: Array, cov: Array) -> Moments:
    """Moments of a complete group from its mean (p,) and covariance (p, p, divisor n); they hold no rows, so no
    casewise scores and no clusters."""
    return Moments(np.array([float(n)]), np.ones((1, len(mean)), dtype=bool), mean[None, :], cov[None, :, :])
