"""How much of a total score is one general factor: omega hierarchical by a Schmid-Leiman solution, and minres omega.

For instruments with subscales whose total is used: a high omega total with a low omega hierarchical is a total
that mixes several things (Zinbarg, Revelle, Yovel & Li 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.errors import ScaleError
from dww_analysis.scales.items_matrix import item_matrix, pairwise_covariance

Array = NDArray[np.float64]
LEAST_UNIQUE = 0.005  # lower bound of uniqueness, as in psych


@dataclass(frozen=True)
class OmegaHierarchical:
    """Parts of the variance of the standardised sum: general factor, group factors, unique."""

    omega_hierarchical: float
    omega_total: float
    alpha: float
    general: pd.Series  # loading of each item on the general factor, item signs turned where `turned`
    groups: pd.DataFrame  # loadings on the group factors, freed of the general one
    turned: tuple[str, ...]  # items whose sign was turned because they load negatively on the general factor
    n_persons: int


@dataclass(frozen=True)
class Minres:
    """Exploratory factors that leave the smallest squared residual correlations (Harman & Jones 1966)."""

    loadings: Array  # (k, m), unrotated
    uniquenesses: Array  # (k,)
    converged: bool


def omega_hierarchical(items: pd.DataFrame, n_factors: int, missing: str = "complete") -> OmegaHierarchical:
    """Omega hierarchical with `n_factors` group factors, three or more.

    Minres factors of the correlations, oblimin rotation, one general factor of the factor correlations, and the
    transformation of Schmid & Leiman (1957); omega_h = (sum of general loadings)^2 / variance of the sum.
    Items that load negatively on the general factor are turned and named; nothing is turned in the data.
    Reproduces psych::omega(items, nfactors).
    """
    what = "omega hierarchical"
    X, names = item_matrix(items, what, least=6, missing=missing, persons=None)
    if not isinstance(n_factors, Integral) or not 3 <= n_factors <= len(names) // 2:
        raise ScaleError.of(
            found=f"{n_factors} group factors for {len(names)} items",
            where=what,
            expected="three or more, and at least two items each",
            action="with two group factors the general factor is not determined",
        )
    S = pairwise_covariance(X, what)
    R = S / np.sqrt(np.outer(np.diag(S), np.diag(S)))
    pattern, phi = oblimin(minres(R, n_factors).loadings)
    higher = minres(phi, 1).loadings[:, 0]
    higher *= np.sign(higher.sum()) or 1.0
    general = pattern @ higher
    if (general < 0).sum() > (general > 0).sum():
        general, pattern = -general, -pattern
    sign = np.where(general < 0, -1.0, 1.0)
    groups = pattern * np.sqrt(np.clip(1 - higher**2, 0, None)) * sign[:, None]
    general = general * sign
    R = R * np.outer(sign, sign)
    unique = 1 - general**2 - (groups**2).sum(axis=1)
    total, k = R.sum(), len(R)
    return OmegaHierarchical(
        omega_hierarchical=float(general.sum() ** 2 / total),
        omega_total=float(1 - unique.sum() / total),
        alpha=float(k / (k - 1) * (1 - k / total)),
        general=pd.Series(general, index=names),
        groups=pd.DataFrame(groups, index=names),
        turned=tuple(n for n, s in zip(names, sign, strict=True) if s < 0),
        n_persons=len(X),
    )


def omega_minres(items: pd.DataFrame, missing: str = "complete") -> float:
    """Omega total of one minres factor of the correlations: (sum l)^2 / ((sum l)^2 + sum (1 - l^2)).

    items: one row a person, at least three columns; missing: as of `item_matrix`, which refuses. Without a
    distribution for the answers; reproduces psych::fa(items, 1)-based omega.
    """
    X, _ = item_matrix(items, "minres omega", least=3, missing=missing, persons=None)
    S = pairwise_covariance(X, "minres omega")
    loadings = minres(S / np.sqrt(np.outer(np.diag(S), np.diag(S))), 1).loadings[:, 0]
    common = loadings.sum() ** 2
    return float(common / (common + (1 - loadings**2).sum()))


def minres(R: Array, n_factors: int) -> Minres:
    """Minres factors of a correlation matrix R (k, k): a bounded search for uniquenesses (k,), loadings (k,
    n_factors) given them. `converged` says how the search ended."""
    from scipy.optimize import minimize

    start = (
        np.clip(1 / np.diag(np.linalg.inv(R)), 0.05, 0.95)
        if np.linalg.eigvalsh(R)[0] > 1e-8
        else np.full(len(R), 0.5)
    )

    def residual(psi: Array) -> tuple[float, Array]:
        L = _loadings(R, psi, n_factors)
        E = R - L @ L.T - np.diag(psi)
        return float((E**2).sum() / 2), -np.diag(E)

    found = minimize(
        residual, start, jac=True, method="L-BFGS-B", bounds=[(LEAST_UNIQUE, 1.0)] * len(R),
        options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-9},
    )  # fmt: skip
    return Minres(_loadings(R, found.x, n_factors), found.x, bool(found.success))


def oblimin(A: Array) -> tuple[Array, Array]:
    """Pattern and factor correlations of the oblimin (quartimin) rotation of loadings A (k, m) by gradient
    projection (Jennrich 2002), shapes (k, m) and (m, m)."""
    m = A.shape[1]
    others = np.ones((m, m)) - np.eye(m)

    def criterion(L: Array) -> tuple[float, Array]:
        squares = L**2
        return float((squares * (squares @ others)).sum() / 4), L * (squares @ others)

    T, step = np.eye(m), 1.0
    L = A @ np.linalg.inv(T).T
    value, Gq = criterion(L)
    G = -(L.T @ Gq @ np.linalg.inv(T)).T
    for _ in range(5000):
        Gp = G - T * (T * G).sum(axis=0)
        size = np.linalg.norm(Gp)
        if size < 1e-8:
            break
        step *= 2
        for _ in range(30):
            X = T - step * Gp
            proposal = X / np.linalg.norm(X, axis=0)
            moved = A @ np.linalg.inv(proposal).T
            new, slope = criterion(moved)
            if new < value - 0.5 * size**2 * step:
                break
            step /= 2
        T, L, value, Gq = proposal, moved, new, slope
        G = -(L.T @ Gq @ np.linalg.inv(T)).T
    return L, T.T @ T


def _loadings(R: Array, psi: Array, n_factors: int) -> Array:
    values, vectors = np.linalg.eigh(R - np.diag(psi))
    top = slice(-1, -n_factors - 1, -1)
    return vectors[:, top] * np.sqrt(np.clip(values[top], 0, None))
