"""Whether two factor models were fitted to the same answers: items, groups, clusters, and every answer of every person.

As many persons is not enough, because a difference of two statistics is one of models only where nothing else differs.
Persons and items may stand in another order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor.data import GroupData, Prepared

Array = NDArray[Any]
FactorFit = Any  # of `result`, whose `compare` leads here


def what_differs(first: FactorFit, second: FactorFit) -> str:
    """What of the answers is not the same, in words with counts; "" where all of it is."""
    one, other = first._answers, second._answers
    assert one is not None and other is not None
    if beside := sorted({*one.columns} ^ {*other.columns}):
        return f"other items ({', '.join(beside)} in one model only)"
    if moved := sorted(_by_level(first) ^ _by_level(second)):
        return f"items at another level ({', '.join(dict.fromkeys(name for name, _ in moved))})"
    if taken := sorted({name for name, _ in _categories(first) ^ _categories(second)}):
        return f"items with other categories, or ordered in one model only ({', '.join(taken)})"
    if first.group_labels != second.group_labels:
        shown = " and ".join(", ".join(fit.group_labels) for fit in (first, second))
        return f"other groups, or in another order ({shown})"
    if first.n_obs != second.n_obs:
        return f"other answers ({first.n_obs} and {second.n_obs} persons)"
    if first.n_clusters != second.n_clusters:
        return f"other clusters ({first.n_clusters or 'none'} and {second.n_clusters or 'none'})"
    return (
        ""
        if _answered(one, one.columns) == _answered(other, one.columns)
        else "other answers of as many persons"
    )


def spoken_of(fit: FactorFit) -> tuple[bool, frozenset[str]]:
    """Whether the model speaks of means, and the predictors that it takes as they are, of which it says nothing."""
    known = fit._fitted or fit._wls or fit._two_level
    model = known.model
    levels = (1,) if fit._two_level is None else (1, 2)
    given = (name for level in levels for name in model.table.roles[level].covariates)
    return model.mean_structure, frozenset(given)


def _by_level(fit: FactorFit) -> set[tuple[str, int]]:
    """Items with their level; none where there is one level."""
    if fit._two_level is None:
        return set()
    roles = fit._two_level.model.table.roles
    return {(name, level) for level in (1, 2) for name in roles[level].observed}


def _categories(fit: FactorFit) -> set[tuple[str, int]]:
    """Ordered items with how many thresholds they have."""
    return set() if fit._wls is None else set(fit._wls.summary.ordered.items())


def _answered(answers: Prepared, columns: tuple[str, ...]) -> list[list[bytes]]:
    """The answers of each group, in these columns, whatever the order of the persons."""
    place = [answers.columns.index(name) for name in columns]
    return [_of_group(group, place) for group in answers.groups]


def _of_group(group: GroupData, place: list[int]) -> list[bytes]:
    """The answers of each cluster, or of the whole group where there are none, in an order of their own."""
    rows = group.values[:, place] + 0.0  # zero has one sign
    parts = [rows] if group.cluster is None else _split(rows, group.cluster)
    return sorted(part[np.lexsort(part.T)].tobytes() for part in parts)


def _split(rows: Array, cluster: NDArray[np.intp]) -> list[Array]:
    order = np.argsort(cluster, kind="stable")
    return np.split(rows[order], np.cumsum(np.bincount(cluster))[:-1])
