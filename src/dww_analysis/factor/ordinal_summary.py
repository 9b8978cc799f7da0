"""Ordered answers of each group reduced to thresholds and polychoric correlations, once for all models on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor.data import Prepared, prepare
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.polychoric import OrdinalMoments, ordinal_moments
from dww_analysis.factor.summary import check_clusters, check_coverage

Array = NDArray[Any]
MOST_CATEGORIES = 12


@dataclass(frozen=True)
class OrdinalSummary:
    """Ordered answers reduced to statistics, shared by all models on the same data."""

    prepared: Prepared
    categories: tuple[int, ...]  # number of categories of each item
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
        return np.array([m.n for m in self.moments]) / self.n_obs

    @property
    def ordered(self) -> dict[str, int]:
        return {name: k - 1 for name, k in zip(self.prepared.columns, self.categories, strict=True)}

    @cached_property
    def weights(self) -> tuple[Array, ...]:
        """Weight of each squared residual: the inverse of its asymptotic variance, or one for ULSMV."""
        if self.estimator == "ULSMV":
            return tuple(np.ones(len(m.observed)) for m in self.moments)
        return tuple(1 / m.variances for m in self.moments)


def summarise_ordinal(
    data: pd.DataFrame,
    columns: tuple[str, ...],
    group: str | None,
    item_of: Mapping[str, str] | None = None,
    estimator: str = "WLSMV",
    missing: str = "listwise",
    cluster: str | None = None,
) -> OrdinalSummary:
    """Thresholds and polychoric correlations of each group; rows with a gap are left out, or say what they can where
    `missing` is "pairwise".

    `item_of` names the item behind each column when an item has several columns (waves), which then share categories.
    Refuses items with too many categories and categories that occur in one group or wave only.
    """
    prepared = prepare(data, columns, group, cluster, missing)
    everything = np.vstack([g.values for g in prepared.groups])
    item = [(item_of or {}).get(name, name) for name in columns]
    levels = [_categories(everything[:, [k for k, other in enumerate(item) if other == own]]) for own in item]
    for name, found in zip(columns, levels, strict=True):
        if len(found) > MOST_CATEGORIES:
            raise FactorError.of(
                found=f"{len(found)} different values",
                where=f"item {name}",
                expected=f"at most {MOST_CATEGORIES} categories",
                action="use ML or MLR",
            )
    moments = []
    for g in prepared.groups:
        where = f"group {g.label}" if group else "factor model data"
        check_coverage(g.values, columns, where)
        check_clusters(g)
        codes = np.column_stack([np.searchsorted(found, g.values[:, j]) for j, found in enumerate(levels)])
        codes[np.isnan(g.values)] = -1
        for j, (name, found) in enumerate(zip(columns, levels, strict=True)):
            unused = [f"{v:g}" for k, v in enumerate(found) if not (codes[:, j] == k).any()]
            if unused:
                raise FactorError.of(
                    found=f"nobody{f' in group {g.label}' if group else ''} chose category {', '.join(unused)}",
                    where=f"item {name}",
                    expected="every category in every group and wave, because thresholds are compared",
                    action="join it with the category beside it everywhere, or use MLR",
                )
        moments.append(ordinal_moments(codes, [len(found) for found in levels], g.cluster))
    return OrdinalSummary(prepared, tuple(len(found) for found in levels), tuple(moments), estimator, missing)


def _categories(values: Array) -> Array:
    return np.unique(values[~np.isnan(values)])
