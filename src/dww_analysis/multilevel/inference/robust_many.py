"""Cluster-robust inference of one design for many responses, each at its own parameters of the random effects.

What hangs on the design alone, a basis of each cluster's predictors and random effects and their products in it, is
made once. The rest is that of `robust`, for stacks of responses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import MethodError
from ..model import Array, Solution
from .robust import KINDS, Cluster, RobustInference, clusters_of, joined, spread, terms_of, working_precision

MEMORY = 2e8  # bytes of working covariances that are held together


@dataclass(frozen=True, eq=False)
class _Frame:
    """One cluster in its basis of k columns: rows, X (k, p), what turns responses (rows, k), the residual variances
    (k,), and of each random term (q, q, k, k) products of its columns, added up over levels."""

    rows: NDArray[np.intp]
    X: Array
    basis: Array
    variance: Array
    products: tuple[Array, ...]

    def roots(self, n: int, covariances: tuple[Array, ...]) -> Array:
        """(n, k, k) lower triangles; covariances: of each term (n, q, q), relative to the residual variance."""
        total = np.tile(np.diag(self.variance), (n, 1, 1))
        for own, products in zip(covariances, self.products, strict=True):
            total += np.einsum("rab,abij->rij", own, products, optimize=True)
        return np.asarray(np.linalg.cholesky(total), dtype=np.float64)


def robust_many(
    solution: Solution, cluster: str, kind: str, Y: ArrayLike, thetas: ArrayLike
) -> Iterator[RobustInference]:
    """The inference of every response, a column of Y (n, r), at its own theta (r, k): what `robust_inference` gives of
    the solution there. Refuses what that refuses, but for large clusters."""
    if kind not in KINDS:
        raise MethodError(f"Unknown kind {kind!r} of robust covariance; known are {', '.join(KINDS)}.")
    precision = working_precision(solution)
    frames = [_frame(solution, rows, precision) for rows in clusters_of(solution.design, cluster)]
    responses, theta = np.asarray(Y, dtype=float), np.asarray(thetas, dtype=float)
    needed = 8 * sum(frame.variance.size**2 for frame in frames)
    at_once = max(int(MEMORY / needed), 1)
    for first in range(0, len(theta), at_once):
        part = slice(first, first + at_once)
        yield from _portion(solution, kind, frames, responses[:, part], theta[part])


def _frame(solution: Solution, rows: NDArray[np.intp], precision: Array) -> _Frame:
    design = solution.design
    X, variance, columns = design.X[rows], 1 / precision[rows], []
    for term in design.random:
        levels, codes = np.unique(term.codes[rows], return_inverse=True)
        columns.append(spread(term.Z[rows], codes, len(levels)))
    basis = np.eye(len(rows))
    if np.ptp(variance) == 0 and sum(Z.shape[1] for Z in columns) + X.shape[1] < len(rows):
        basis = np.linalg.qr(np.hstack([*columns, X]))[0]
    products = []
    for term, Z in zip(design.random, columns, strict=True):
        own = (basis.T @ Z).reshape(basis.shape[1], -1, len(term.names))
        products.append(np.einsum("ila,jlb->abij", own, own, optimize=True))
    return _Frame(rows, basis.T @ X, basis, variance[: basis.shape[1]], tuple(products))


def _portion(
    solution: Solution, kind: str, frames: list[_Frame], Y: Array, theta: Array
) -> Iterator[RobustInference]:
    design = solution.design
    covariances = tuple(
        np.stack(own) for own in zip(*(_covariances(solution, t) for t in theta), strict=True)
    )
    p = design.X.shape[1]
    information, right = np.zeros((len(theta), p, p)), np.zeros((len(theta), p, 1))
    seen = []
    for frame in frames:
        root = frame.roots(len(theta), covariances)
        y = (Y[frame.rows] - design.offset[frame.rows, None]).T @ frame.basis
        half = np.linalg.solve(root, frame.X)
        turned = np.swapaxes(half, 1, 2)
        information += turned @ half
        right += turned @ np.linalg.solve(root, y[..., None])
        seen.append((root, y))
    M = np.asarray(np.linalg.inv(information), dtype=np.float64)
    beta: Array = (M @ right)[..., 0]
    parts = [
        terms_of(Cluster(frame.X, y - beta @ frame.X.T, root), M, kind)
        for frame, (root, y) in zip(frames, seen, strict=True)
    ]
    for i in range(len(theta)):
        yield joined(kind, design, beta[i], M[i], [(s[i], S[i], B[i]) for s, S, B in parts])


def _covariances(solution: Solution, theta: Array) -> list[Array]:
    """(q, q) covariance of each term's effects, relative to the residual variance."""
    there = replace(solution, theta=theta)
    factors = [there.factor(r) for r in range(len(solution.design.random))]
    return [factor @ factor.T for factor in factors]
