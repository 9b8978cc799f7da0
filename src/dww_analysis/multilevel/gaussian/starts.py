"""Where a search begins: unit factors and one step of scoring from them, and other factors for hard cases."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..model import Array
from ..small_matrices import cholesky, eigen, solve
from .derivatives import entries, lower_entries
from .likelihood import Criterion, Expansion
from .linear import expected_information

LOWEST, HIGHEST = 0.01, 1e10  # eigenvalues of the relative covariance matrices after a step of scoring


def default_start(criterion: Criterion) -> Array:
    """Unit factors, as lme4 starts."""
    return np.concatenate([lower_entries(np.eye(q)) for q in criterion.sizes])


def more_starts(criterion: Criterion, with_unit: bool) -> list[tuple[str, Array]]:
    """Small and large factors, and per term one start in which that term alone is large: they reach the basins of the
    boundary.
    """
    sizes = criterion.sizes
    out = [("unit", default_start(criterion))] if with_unit else []
    out.append(("small", np.concatenate([lower_entries(0.2 * np.eye(q)) for q in sizes])))
    out.append(("large", np.concatenate([lower_entries(10 * np.eye(q)) for q in sizes])))
    if len(sizes) > 1:
        for r in range(len(sizes)):
            blocks = [lower_entries((1.0 if s == r else 0.05) * np.eye(q)) for s, q in enumerate(sizes)]
            out.append((f"term {r + 1} alone", np.concatenate(blocks)))
    return out


def scoring_step(expansion: Expansion) -> Array:
    """Theta after one step of Fisher scoring on the variances themselves (MINQUE; Rao 1971).

    Solves tr(P V_r P V_s) phi_s = y'P V_r P y for the entries phi of the covariance matrices and the residual
    variance; eigenvalues are kept between LOWEST and HIGHEST so that the step ends inside the parameter
    space.
    """
    phi = expansion.covariance_entries
    fall = expansion.rss[0]
    slopes = np.array([*-fall, expansion.fit.rss + fall @ phi])
    information = expected_information(expansion)
    try:
        solved = solve(information, slopes)
    except np.linalg.LinAlgError:
        solved = np.linalg.lstsq(information, slopes, rcond=1e-12)[0]
    phi = np.asarray(solved, dtype=np.float64)
    residual = max(float(phi[-1]), 1e-9 * expansion.fit.rss / expansion.criterion.divisor)
    out: list[Any] = []
    at = 0
    for q in expansion.criterion.sizes:
        if q == 1:
            out.append([math.sqrt(min(max(phi[at] / residual, LOWEST), HIGHEST))])
            at += 1
            continue
        Sigma = np.zeros((q, q))
        for i, j in entries(q):
            Sigma[i, j] = Sigma[j, i] = phi[at] / residual
            at += 1
        values, vectors = eigen(Sigma)
        Sigma = (vectors * np.minimum(np.maximum(values, LOWEST), HIGHEST)) @ vectors.T
        out.append(lower_entries(cholesky(Sigma)))
    return np.concatenate(out)
