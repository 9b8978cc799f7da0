"""The last digits of an optimum: exact Newton steps until what is left is rounding.

A search stops where another step gains nothing in the criterion; standard errors and df still change there in the sixth
digit. Refits go on, so that the same response gives the same numbers whichever way it was searched.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..model import Array
from .batch import Evaluation, Flags, Index
from .batch_plain import fill
from .batch_search import search_many
from .likelihood import Criterion, Expansion
from .search import Optimum, free_entries

ENOUGH, TOO_FAR, STEPS = 1e-10, 1e-3, 5  # moves of theta, and how many are taken
WORSE = 1e-6  # in the criterion; Taylor's formula, with which a search ends, is off by less


def sharpened(criterion: Criterion, optimum: Optimum) -> Optimum:
    """The same optimum to the last digit; as it was where the search did not converge or another optimum is near."""
    if not optimum.converged:
        return optimum
    find = _ratios if set(criterion.sizes) == {1} else _entries
    expansion = find(criterion, optimum)
    if expansion is None or expansion.value() > optimum.search.criterion + WORSE:
        return optimum
    slope, free = expansion.derivatives.slope, free_entries(criterion, expansion.theta)
    record = replace(
        optimum.search,
        criterion=expansion.value(),
        gradient=expansion.original_gradient(),
        max_gradient=float(np.abs(slope[free]).max(initial=0.0)),
    )
    return Optimum(expansion.theta, expansion, record, converged=True)


def _ratios(criterion: Criterion, optimum: Optimum) -> Expansion | None:
    """By the search that many responses go through side by side."""
    out = Evaluation.empty(1, len(optimum.theta), criterion.design.X.shape[1], 0)
    seen: list[Expansion] = []

    def evaluate(which: Index, ratios: Array, report: Flags) -> None:
        seen.append(criterion.expand(np.sqrt(ratios[0])))
        fill(seen[-1], 0, out)

    return seen[-1] if search_many(evaluate, out, optimum.theta[None] ** 2).settled[0] else None


def _entries(criterion: Criterion, optimum: Optimum) -> Expansion | None:
    """By Newton steps on the entries of the factors that are not held at zero."""
    expansion, theta = optimum.expansion.sharp(), optimum.theta
    free = free_entries(criterion, theta)
    for _ in range(STEPS):
        slope, hessian = expansion.criterion_derivatives
        move = np.zeros(len(theta))
        try:
            move[free] = -np.linalg.solve(hessian[np.ix_(free, free)], slope[free])
        except np.linalg.LinAlgError:
            return None
        size = float(np.abs(move).max(initial=0.0))
        if size < ENOUGH:
            return expansion
        if not size < TOO_FAR:
            return None
        expansion = criterion.expand(expansion.theta + move)
    return None
