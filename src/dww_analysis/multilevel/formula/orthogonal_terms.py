"""Random terms with orthonormal columns for the search: a slope far from its origin is then as easy as a centred one.

A term with columns Z and free covariance G is the same model as columns Q and covariance R G R' where Z = Q R (q x q
upper-triangular R, mean square of every column of Q one). Searches work on Q; results are turned back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..model import Array, RandomTerm

DEPENDENT = 1e-9  # a column of a term this close to the span of the others is left alone
ZERO = 1e-12  # entries of a turned factor below this part of their row are rounding


def orthogonal_terms(random: Sequence[RandomTerm]) -> tuple[tuple[RandomTerm, ...], tuple[Array, ...]]:
    """Terms with orthonormal columns, and the upper-triangular R of each."""
    turned = [_orthogonal(term) for term in random]
    return tuple(t for t, _ in turned), tuple(r for _, r in turned)


def _orthogonal(term: RandomTerm) -> tuple[RandomTerm, Array]:
    n = len(term.Z)
    size = np.sqrt(np.mean(term.Z**2, axis=0))
    size[size == 0.0] = 1.0
    Q, R = np.linalg.qr(term.Z / size / np.sqrt(n))
    diagonal = np.diag(R).copy()
    if np.abs(diagonal).min() < DEPENDENT:
        return replace(term, Z=term.Z / size), np.diag(size)
    sign = np.where(diagonal < 0.0, -1.0, 1.0)
    return replace(term, Z=Q * sign * np.sqrt(n)), np.asarray((sign[:, None] * R) * size, float)


def turned_terms(
    random: Sequence[RandomTerm], roots: Sequence[Array], theta: Array
) -> tuple[tuple[RandomTerm, ...], tuple[Array, ...], Array]:
    """Orthonormal terms turned to the principal axes of their covariances, largest variance first, with the R of
    each, shape (q, q), and theta in the new coordinates.

    Near a singular covariance whose first variance is small the entries of a factor are barely determined and a
    search creeps; along the principal axes only the last standard deviations go to zero.
    """
    terms, new_roots, factors = [], [], []
    for term, R, L in zip(random, roots, split_theta(random, theta), strict=True):
        values, vectors = np.linalg.eigh(L @ L.T)
        axes = vectors[:, ::-1]
        terms.append(replace(term, Z=term.Z @ axes))
        new_roots.append(axes.T @ R)
        factors.append(np.diag(np.sqrt(np.maximum(values[::-1], 0.0))))
    return tuple(terms), tuple(new_roots), _entries(factors)


def factor_matrix(theta: Array, q: int) -> Array:
    """Lower-triangular (q, q) factor from its entries column by column."""
    out = np.zeros((q, q))
    rows, cols = np.triu_indices(q)
    out[cols, rows] = theta
    return out


def split_theta(random: Sequence[RandomTerm], theta: Array) -> list[Array]:
    """The factor of every term, shape (q, q), from the numbers of all of them in one row."""
    out, at = [], 0
    for term in random:
        out.append(factor_matrix(theta[at : at + term.n_parameters], len(term.names)))
        at += term.n_parameters
    return out


def original_theta(random: Sequence[RandomTerm], roots: Sequence[Array], theta: Array) -> Array:
    """theta of the terms as given, from that of the orthonormal ones: b = R^-1 b*. roots: R of each term, shape (q,
    q)."""
    factors = split_theta(random, theta)
    return _entries([np.asarray(np.linalg.solve(R, L), float) for R, L in zip(roots, factors, strict=True)])


def orthogonal_theta(random: Sequence[RandomTerm], roots: Sequence[Array], theta: Array) -> Array:
    """theta of the orthonormal terms from that of the terms as given: b* = R b. roots: R of each term, shape (q, q)."""
    return _entries([R @ L for R, L in zip(roots, split_theta(random, theta), strict=True)])


def _entries(factors: list[Array]) -> Array:
    """Entries of the lower-triangular factors with the same covariances as these square roots."""
    parts: list[Array] = [_lower(F)[np.triu_indices(len(F))[::-1]] for F in factors]
    return np.concatenate([np.zeros(0), *parts])


def _lower(F: Array) -> Array:
    """Lower-triangular L with LL' = FF' and a non-negative diagonal."""
    L: Array = np.transpose(np.asarray(np.linalg.qr(F.T, mode="r"), dtype=np.float64))
    L = L * np.where(np.diag(L) < 0.0, -1.0, 1.0)
    row = np.sqrt((L**2).sum(1, keepdims=True))
    return np.where(np.abs(L) > ZERO * row, L, 0.0)


def boundary_names(random: Sequence[RandomTerm], roots: Sequence[Array], theta: Array) -> tuple[str, ...]:
    """Components on the boundary, from theta of the orthonormal terms: variances of zero, correlations of one, other
    singular covariances. roots: R of each term, shape (q, q); () where nothing is."""
    out: list[str] = []
    for term, R, L in zip(random, roots, split_theta(random, theta), strict=True):
        spread = np.sqrt(np.mean(term.Z**2, axis=0))
        sd = np.sqrt((np.linalg.solve(R, L) ** 2).sum(1))
        zero = sd * spread < 1e-6 * np.maximum(np.sqrt((L**2).sum()), 1e-6)
        out += [f"{term.group} {name}" for name, z in zip(term.names, zero, strict=True) if z]
        live = [name for name, z in zip(term.names, zero, strict=True) if not z]
        rank = int((np.linalg.svd(L, compute_uv=False) > 1e-6).sum())
        if len(live) > 1 and rank < len(live):
            out += _correlations(term, live, np.linalg.solve(R, L)[~zero])
    return tuple(out)


def _correlations(term: RandomTerm, live: list[str], F: Array) -> list[str]:
    unit = F / np.sqrt((F**2).sum(1, keepdims=True))
    cor = unit @ unit.T
    pairs = [(i, j) for i in range(len(live)) for j in range(i) if abs(cor[i, j]) > 1.0 - 1e-8]
    if len(live) == 2:
        pairs = [(1, 0)]
    return [f"{term.group} cor({live[j]}, {live[i]})" for i, j in pairs] or [
        f"{term.group} singular covariance"
    ]
