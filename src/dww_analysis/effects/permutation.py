"""An exact check that needs no model: how often would chance allocation alone give a difference this large?

Teams are permuted between the arms in every way the randomisation could have gone (within strata). The statistic is
the difference between the arms' means of team residuals, so every team counts once (Gail, Mark, Carroll, Green &
Pee 1996; Wang & De Gruttola 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from math import comb, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_EXACT = 200_000  # more allocations than this are drawn instead of listed
DRAWS = 20_000


@dataclass(frozen=True)
class Permutation:
    """Two-sided p value of a permutation test over clusters."""

    estimate: float  # mean of treated minus mean of control clusters
    p_value: float
    n_allocations: int  # listed (exact) or drawn
    exact: bool
    smallest_p: float  # the smallest p value this design can give


def permutation_test(
    values: NDArray[Any], treated: NDArray[Any], strata: NDArray[Any], seed: int = 20250101
) -> Permutation:
    """Permute `treated` (bool, one per cluster) within `strata`; `values` is one number per cluster.

    p = share of allocations whose |difference| is at least the observed one. Exact when there are at most 200 000
    allocations; otherwise 20 000 are drawn and the observed one is counted among them (Phipson & Smyth 2010).
    """
    values, treated, strata = np.asarray(values, float), np.asarray(treated, bool), np.asarray(strata)
    observed = _difference(values, treated[None, :])[0]
    groups = [np.flatnonzero(strata == s) for s in np.unique(strata)]
    count = prod(comb(len(g), int(treated[g].sum())) for g in groups)
    exact = count <= MOST_EXACT
    allocations = _listed(groups, treated) if exact else _drawn(groups, treated, seed)
    differences = np.abs(_difference(values, allocations))
    as_large = int((differences >= abs(observed) - 1e-10 * (1 + abs(observed))).sum())
    p = as_large / len(allocations) if exact else (as_large + 1) / (len(allocations) + 1)
    return Permutation(float(observed), float(p), len(allocations), exact, 2 / count if count > 1 else 1.0)


def _difference(values: NDArray[Any], allocations: NDArray[Any]) -> NDArray[Any]:
    """(m,) mean of treated minus mean of control, for each row of allocations (m, clusters)."""
    n_treated = allocations.sum(axis=1)
    total = allocations @ values
    return total / n_treated - (values.sum() - total) / (allocations.shape[1] - n_treated)


def _listed(groups: list[NDArray[Any]], treated: NDArray[Any]) -> NDArray[Any]:
    """Every allocation, one a row."""
    choices = [list(combinations(g, int(treated[g].sum()))) for g in groups]
    chosen = np.array([[i for part in parts for i in part] for parts in product(*choices)], dtype=int)
    allocations = np.zeros((len(chosen), len(treated)), dtype=bool)
    np.put_along_axis(allocations, chosen, True, axis=1)
    return allocations


def _drawn(groups: list[NDArray[Any]], treated: NDArray[Any], seed: int) -> NDArray[Any]:
    """Random allocations within strata."""
    rng = np.random.default_rng(seed)
    allocations = np.zeros((DRAWS, len(treated)), dtype=bool)
    for group in groups:
        order = rng.random((DRAWS, len(group))).argsort(axis=1)
        allocations[:, group] = order < int(treated[group].sum())
    return allocations
