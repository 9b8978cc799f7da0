"""Answers of each group reduced to what models of ordered items are fitted to, once for all models on them.

Which items are ordered: those that are ordered categoricals, the others being continuous; all of them where the data
have no ordered categorical.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor.data import Answers, Prepared, prepare
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.ordinal_moments import (
    ContinuousItem,
    Item,
    OrderedItem,
    OrdinalMoments,
    item_moments,
)
from dww_analysis.factor.polychoric import BOUND
from dww_analysis.factor.summary import check_clusters, check_coverage

Array = NDArray[Any]
MOST_CATEGORIES = 12
FEW_VALUES = 7  # a continuous item with no more different values may be one that was meant as ordered
COPIES = BOUND - 1e-6
MUCH_SKEW, MUCH_KURTOSIS = 2.0, 7.0  # from which answers are far from normal (West, Finch & Curran 1995)


@dataclass(frozen=True)
class OrdinalSummary:
    """Answers reduced to statistics, shared by all models on the same data."""

    prepared: Prepared
    categories: tuple[int, ...]  # number of categories of each item; 0 where it is continuous
    moments: tuple[OrdinalMoments, ...]
    estimator: str = "WLSMV"
    missing: str = "listwise"

    @property
    def n_obs(self) -> int:
        return sum(m.n for m in self.moments)

    @property
    def n_clusters(self) -> int | None:
        return self.prepared.n_clusters

    @property
    def shares(self) -> Array:
        """(n_groups,) share of the persons that each group is."""
        return np.array([m.n for m in self.moments]) / self.n_obs

    @property
    def ordered(self) -> dict[str, int]:
        """Number of thresholds of each ordered item, by column."""
        return {name: k - 1 for name, k in zip(self.prepared.columns, self.categories, strict=True) if k}

    @property
    def continuous(self) -> tuple[str, ...]:
        """Columns that are no ordered categoricals, and are taken as continuous."""
        return tuple(n for n, k in zip(self.prepared.columns, self.categories, strict=True) if not k)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of continuous columns among ordered ones, a sentence each; () without any."""
        if not self.continuous:
            return ()
        columns = self.prepared.columns
        answers = {
            name: [g.values[:, columns.index(name)] for g in self.prepared.groups] for name in self.continuous
        }
        said = [f"taken as continuous, being no ordered categoricals: {', '.join(self.continuous)}"]
        few = [n for n, x in answers.items() if len(_categories(np.concatenate(x))) <= FEW_VALUES]
        if few:
            said.append(f"continuous, but with at most {FEW_VALUES} different values: {', '.join(few)}")
        odd = [name for name, x in answers.items() if any(_far_from_normal(part) for part in x)]
        if odd:
            said.append(
                f"far from normal, which the errors of continuous items among ordered ones lean on: {', '.join(odd)}"
            )
        return tuple(said)

    @cached_property
    def weights(self) -> tuple[Array, ...]:
        """Weight of each squared residual, of each group in the order of `observed`: the inverse of its asymptotic
        variance, or one for ULSMV."""
        if self.estimator == "ULSMV":
            return tuple(np.ones(len(m.observed)) for m in self.moments)
        return tuple(1 / m.variances for m in self.moments)


def _far_from_normal(answers: Array) -> bool:
    z = answers[~np.isnan(answers)]
    z = (z - z.mean()) / z.std()
    return bool(abs((z**3).mean()) > MUCH_SKEW or (z**4).mean() - 3 > MUCH_KURTOSIS)


def summarise_ordinal(
    given: Answers,
    columns: tuple[str, ...],
    item_of: Mapping[str, str] | None = None,
    estimator: str = "WLSMV",
) -> OrdinalSummary:
    """Thresholds, polychoric and polyserial correlations and moments of each group; rows with a gap are left out, or
    say what they can where `missing` is "pairwise".

    `item_of` names the item behind each column when an item has several columns (waves), which then share categories.
    Refuses items with too many categories and categories that occur in one group or wave only.
    """
    data, group = given.data, given.group
    prepared = prepare(given, columns)
    everything = np.vstack([g.values for g in prepared.groups])
    waves = [_columns_of(name, columns, item_of or {}) for name in columns]
    ordered = _which_are_ordered(data, columns, item_of or {})
    levels = [
        _categories(everything[:, own]) if is_ordered else np.array([])
        for own, is_ordered in zip(waves, ordered, strict=True)
    ]
    for j, (name, found) in enumerate(zip(columns, levels, strict=True)):
        _check_number(name, found, all(ordered))
        if not ordered[j] and len(_categories(everything[:, j])) == 2:
            raise FactorError.of(
                found="two different values in a column of numbers",
                where=f"item {name}",
                expected="a continuous item, or an ordered categorical",
                action="make it an ordered categorical with two categories",
            )
    moments = []
    for g in prepared.groups:
        where = f"group {g.label}" if group else "factor model data"
        check_coverage(g.values, columns, where)
        check_clusters(g)
        label = g.label if group else None
        items: list[Item] = [
            _ordered_item(data[name], answers, found, label) if is_ordered else ContinuousItem(answers)
            for name, answers, found, is_ordered in zip(columns, g.values.T, levels, ordered, strict=True)
        ]
        moments.append(item_moments(items, g.cluster))
        _check_copies(moments[-1], columns, where)
    return OrdinalSummary(
        prepared, tuple(len(found) for found in levels), tuple(moments), estimator, given.missing
    )


def _check_copies(moments: OrdinalMoments, columns: tuple[str, ...], where: str) -> None:
    """Refuses a continuous item whose correlation with another item lies at the end of where it is looked for."""
    at_end = np.abs(moments.correlation - np.eye(len(columns))) > COPIES
    numbers = set(moments.continuous.tolist())
    copies = [f"{columns[j]} and {columns[i]}" for i, j in moments.pairs if at_end[i, j] and numbers & {i, j}]
    if copies:
        raise FactorError.of(
            found=f"answers that determine each other: {', '.join(copies)}",
            where=where,
            expected="items that are no copies or mirror images",
            action="drop one of them",
        )


def _columns_of(name: str, columns: tuple[str, ...], item_of: Mapping[str, str]) -> list[int]:
    """Positions of the columns of the item that a column is of."""
    own = item_of.get(name, name)
    return [k for k, other in enumerate(columns) if item_of.get(other, other) == own]


def _which_are_ordered(
    data: pd.DataFrame, columns: tuple[str, ...], item_of: Mapping[str, str]
) -> tuple[bool, ...]:
    kinds = {name: data[name].dtype for name in columns}
    ordered = {name for name, kind in kinds.items() if isinstance(kind, pd.CategoricalDtype) and kind.ordered}
    if not ordered:
        return (True,) * len(columns)
    by_item: dict[str, list[str]] = {}
    for name in columns:
        by_item.setdefault(item_of.get(name, name), []).append(name)
    for item, own in by_item.items():
        if len({kinds[name] if name in ordered else None for name in own}) > 1:
            raise FactorError.of(
                found=f"{', '.join(own)} with different categories, or ordered in some waves and numbers in others",
                where=f"item {item}",
                expected="an item that is the same in every wave, because thresholds are compared",
                action="give its columns the same ordered categories",
            )
    return tuple(name in ordered for name in columns)


def _categories(values: Array) -> Array:
    return np.unique(values[~np.isnan(values)])


def _check_number(name: str, categories: Array, every: bool) -> None:
    if len(categories) <= MOST_CATEGORIES:
        return
    mixed = (
        "make the ordered items ordered categoricals, and the others count as continuous; or use ML or MLR"
    )
    raise FactorError.of(
        found=f"{len(categories)} different values",
        where=f"item {name}",
        expected=f"at most {MOST_CATEGORIES} categories",
        action=mixed if every else "leave it a number, which counts as continuous",
    )


def _ordered_item(column: pd.Series, answers: Array, categories: Array, group: str | None) -> OrderedItem:
    codes = np.searchsorted(categories, answers)
    codes[np.isnan(answers)] = -1
    unused = [_label(column, v) for k, v in enumerate(categories) if not (codes == k).any()]
    if unused:
        raise FactorError.of(
            found=f"nobody{f' in group {group}' if group else ''} chose category {', '.join(unused)}",
            where=f"item {column.name}",
            expected="every category in every group and wave, because thresholds are compared",
            action="join it with the category beside it everywhere, or use MLR",
        )
    return OrderedItem(codes, len(categories))


def _label(column: pd.Series, value: float) -> str:
    """A category as the data name it: `data.prepare` counts ordered categories from one."""
    named = isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.ordered
    return str(column.cat.categories[int(value) - 1]) if named else f"{value:g}"
