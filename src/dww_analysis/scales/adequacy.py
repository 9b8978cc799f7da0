"""Can these items be factored? Kaiser-Meyer-Olkin, Bartlett's test, eigenvalues and parallel analysis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.errors import ScaleError
from dww_analysis.scales.items_matrix import item_matrix, pairwise_covariance

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SamplingAdequacy:
    """How much the items share, against how much each pair shares alone."""

    kmo: float  # overall measure of sampling adequacy (Kaiser 1974)
    kmo_items: pd.Series  # per item
    bartlett_chi_square: float  # that all correlations are zero (Bartlett 1951)
    bartlett_df: int
    bartlett_p: float
    eigenvalues: Array  # of the correlation matrix, descending
    n_persons: int


def sampling_adequacy(items: pd.DataFrame, missing: str = "complete") -> SamplingAdequacy:
    """KMO, Bartlett's test and eigenvalues of the items' correlations.

    missing: "complete" cases or "pairwise" correlations (n then counts persons with any answer).
    Refuses items without variance and correlation matrices that are not positive definite (copied items).
    Reproduces psych::KMO and psych::cortest.bartlett.
    """
    from scipy.special import gammaincc

    what = "sampling adequacy"
    X, names = item_matrix(items, what, missing=missing)
    S = pairwise_covariance(X, what)
    R = S / np.sqrt(np.outer(np.diag(S), np.diag(S)))
    eigenvalues = np.linalg.eigvalsh(R)[::-1]
    if eigenvalues[-1] < 1e-10:
        raise ScaleError.of(
            found="correlations that are not positive definite",
            where=what,
            expected="items that are no copies or sums of each other",
            action="drop the copied item",
        )
    inverse = np.linalg.inv(R)
    partial = inverse / np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))
    own, rest = R**2, partial**2
    np.fill_diagonal(own, 0)
    np.fill_diagonal(rest, 0)
    n, k = X.shape
    chi_square = -np.log(eigenvalues).sum() * (n - 1 - (2 * k + 5) / 6)
    df = k * (k - 1) // 2
    return SamplingAdequacy(
        kmo=float(own.sum() / (own.sum() + rest.sum())),
        kmo_items=pd.Series(own.sum(axis=0) / (own.sum(axis=0) + rest.sum(axis=0)), index=names),
        bartlett_chi_square=float(chi_square),
        bartlett_df=df,
        bartlett_p=float(gammaincc(df / 2, chi_square / 2)),
        eigenvalues=np.asarray(eigenvalues, dtype=float),
        n_persons=n,
    )
