"""The statistics that a model of ordered items is fitted to, with their asymptotic covariance (Muthen 1984).

Ordered items give thresholds, continuous ones a mean and a variance; each pair gives a correlation of the normal
variables behind them, which is a covariance where a continuous item is in it. First and second step are one set of
estimating equations: B lower block triangular holds the expected slopes of the scores, taken as sums of products of
scores, and the covariance is B^-1 (sum of score products) B^-1'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor.polychoric import pair_scores, polychoric, threshold_scores, thresholds
from dww_analysis.factor.polyserial import moment_scores, polyserial, product_moment, serial_scores
from dww_analysis.factor.robust import cross_product

Array = NDArray[Any]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class OrdinalMoments:
    """Statistics of one group, with N times their asymptotic covariance: locations, variances of continuous items, then
    covariances in the order of `pairs`."""

    n: int
    location: Array  # (T,) item after item: thresholds; of a continuous item, where zero lies: minus its mean
    item: Index  # (T,) item of each location
    continuous: Index  # (V,) continuous items
    covariance: Array  # (p, p) of the variables behind the items; ordered ones have variance one
    gamma: Array  # (T + V + S,) * 2
    variances: Array  # (T + V + S,) its diagonal if persons were independent, which weighs the residuals
    empty_cells: int  # pairs of ordered items with an empty cell in their table

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Rows and columns (i, j) of the covariances below the diagonal, in their order among the statistics."""
        return pairs(len(self.covariance))

    @property
    def first_covariance(self) -> int:
        """Position of the first covariance among the statistics."""
        return len(self.location) + len(self.continuous)

    @property
    def correlation(self) -> Array:
        """The correlations of what lies behind the items, shape (p, p)."""
        if not len(self.continuous):
            return self.covariance
        sd = np.sqrt(np.diag(self.covariance))
        return self.covariance / np.outer(sd, sd)

    @property
    def means(self) -> Array:
        """(p,) of continuous items; zero for the variable behind an ordered one."""
        out = np.zeros(len(self.covariance))
        of_continuous = np.isin(self.item, self.continuous)
        out[self.item[of_continuous]] = -self.location[of_continuous]
        return out

    @property
    def observed(self) -> Array:
        """(T + V + S,) thresholds and means, variances of continuous items, covariances: what a model is fitted to."""
        return np.concatenate(
            [
                self.location,
                np.diag(self.covariance)[self.continuous],
                [self.covariance[i, j] for i, j in self.pairs],
            ]
        )

    def names(self, columns: Sequence[str]) -> list[tuple[str, int] | frozenset[str]]:
        """What each of them is of, whatever the order of the items: a column and which location of it, -1 for its
        variance, or two columns."""
        first = np.searchsorted(self.item, self.item)
        own = [(columns[i], k) for i, k in zip(self.item, np.arange(len(self.item)) - first, strict=True)]
        own += [(columns[i], -1) for i in self.continuous]
        return [*own, *(frozenset((columns[i], columns[j])) for i, j in self.pairs)]

    def with_observed(self, observed: Array) -> OrdinalMoments:
        """The same group with other statistics, in their order."""
        locations, first = len(self.location), self.first_covariance
        covariance = np.diag(np.diag(self.covariance))
        covariance[self.continuous, self.continuous] = observed[locations:first]
        i, j = np.array(self.pairs, dtype=np.intp).reshape(-1, 2).T
        covariance[i, j] = covariance[j, i] = observed[first:]
        return replace(self, location=observed[:locations], covariance=covariance)


def pairs(p: int) -> list[tuple[int, int]]:
    """Pairs (later item, earlier item) in the order of the strict lower triangle, column by column."""
    return [(i, j) for j, i in combinations(range(p), 2)]


@dataclass(frozen=True)
class OrderedItem:
    """Answers in categories."""

    codes: Index  # (N,) 0, 1, ...; -1 where there is no answer
    n_categories: int

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """(n,) who answered the item; codes below 0 are absent answers."""
        return self.codes >= 0

    @cached_property
    def own(self) -> Array:
        """The item's own parameters: its thresholds, shape (n_categories - 1,)."""
        return thresholds(self.codes[self.seen], self.n_categories)

    def scores(self) -> Array:
        """(N answered, own parameters)"""
        return threshold_scores(self.codes[self.seen], self.own)


@dataclass(frozen=True)
class ContinuousItem:
    """Answers as numbers."""

    values: Array  # (N,), NaN where there is no answer

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """(n,) who answered the item; NaN is an absent answer."""
        return ~np.isnan(self.values)

    @cached_property
    def own(self) -> Array:
        """Mean and variance (divisor n) of those who answered, shape (2,)."""
        answered = self.values[self.seen]
        return np.array([answered.mean(), answered.var()])

    @property
    def sd(self) -> float:
        return float(np.sqrt(self.own[1]))

    @cached_property
    def z(self) -> Array:
        """(n,) standardised values, NaN where the answer is absent."""
        return (self.values - self.own[0]) / self.sd

    def scores(self) -> Array:
        """(n answered, 2) slopes of each log density in mean and variance."""
        z = self.z[self.seen]
        return np.column_stack([z / self.sd, (z * z - 1) / (2 * self.own[1])])


Item = OrderedItem | ContinuousItem


@dataclass(frozen=True)
class _Pair:
    """A correlation, and slopes of the log-likelihood of those who answered both items."""

    rho: float
    of_rho: Array  # (n,)
    of_first: Array  # (n, own parameters of the first item)
    of_second: Array
    empty: bool = False  # whether a cell of their table is empty

    def turned(self) -> _Pair:
        return _Pair(self.rho, self.of_rho, self.of_second, self.of_first, self.empty)


def _pair(first: Item, second: Item, answered: NDArray[np.bool_]) -> _Pair:
    if isinstance(first, OrderedItem):
        if isinstance(second, OrderedItem):
            return _both_ordered(first, second, answered)
        return _pair(second, first, answered).turned()
    z = first.z[answered]
    if isinstance(second, OrderedItem):
        codes = second.codes[answered]
        rho = polyserial(z, codes, second.own)
        return _Pair(rho, *serial_scores(z, first.sd, codes, second.own, rho))
    other = second.z[answered]
    rho = product_moment(z, other)
    return _Pair(rho, *moment_scores(z, first.sd, other, second.sd, rho))


def _both_ordered(first: OrderedItem, second: OrderedItem, answered: NDArray[np.bool_]) -> _Pair:
    counts = np.zeros((first.n_categories, second.n_categories))
    at = (first.codes[answered], second.codes[answered])
    np.add.at(counts, at, 1)
    rho = polychoric(counts, first.own, second.own)
    of_rho, of_first, of_second = pair_scores(first.own, second.own, rho)
    return _Pair(rho, of_rho[at], of_first[at], of_second[at], bool((counts == 0).any()))


def ordinal_moments(codes: Index, n_categories: list[int], cluster: Index | None = None) -> OrdinalMoments:
    """From (N, p) answers coded 0, 1, ... with every category present, and -1 where there is no answer."""
    items = [OrderedItem(column, k) for column, k in zip(codes.T, n_categories, strict=True)]
    return item_moments(items, cluster)


def item_moments(items: Sequence[Item], cluster: Index | None = None) -> OrdinalMoments:
    """The statistics of items answered by the same N persons.

    What an item says of itself rests on all who answered it, a correlation on all who answered both. `cluster` sums
    scores over the persons of a team in the covariance; estimates and weights stay as they are.
    """
    n, both = len(items[0].seen), pairs(len(items))
    starts = np.concatenate([[0], np.cumsum([len(item.own) for item in items])])
    n_own = int(starts[-1])
    scores = np.zeros((n, n_own + len(both)))
    for j, item in enumerate(items):
        scores[item.seen, starts[j] : starts[j + 1]] = item.scores()
    cross = np.zeros((len(both), n_own))
    correlation, empty = np.eye(len(items)), 0
    for k, (i, j) in enumerate(both):
        answered = items[i].seen & items[j].seen
        pair = _pair(items[i], items[j], answered)
        correlation[i, j] = correlation[j, i] = pair.rho
        scores[answered, n_own + k] = pair.of_rho
        cross[k, starts[i] : starts[i + 1]] = pair.of_rho @ pair.of_first
        cross[k, starts[j] : starts[j + 1]] = pair.of_rho @ pair.of_second
        empty += int(pair.empty)
    bread, inner = _bread(scores, cross, starts)
    layout = _Layout(items, starts)
    if layout.continuous:
        bread = layout.slopes(correlation) @ bread
    independent = bread @ inner @ bread.T * n
    gamma = independent if cluster is None else bread @ cross_product(scores, cluster) @ bread.T * n
    return OrdinalMoments(
        n, layout.location, layout.item, np.array(layout.continuous, dtype=np.intp),
        correlation * np.outer(layout.sd, layout.sd), gamma, np.diag(independent), empty,
    )  # fmt: skip


def _bread(scores: Array, cross: Array, starts: Index) -> tuple[Array, Array]:
    """B^-1 with B lower block triangular, items first, then correlations; and the sum of score products."""
    n_own = int(starts[-1])
    inner = scores.T @ scores
    own = np.zeros((n_own, n_own))
    for a, b in pairwise(starts):
        own[a:b, a:b] = np.linalg.inv(inner[a:b, a:b])
    of_rho = np.diag(inner)[n_own:]
    bread = np.zeros_like(inner)
    bread[:n_own, :n_own] = own
    bread[n_own:, :n_own] = -(cross @ own) / of_rho[:, None]
    bread[n_own:, n_own:] = np.diag(1 / of_rho)
    return bread, inner


@dataclass(frozen=True)
class _Layout:
    """From the items' own parameters and correlations to the statistics."""

    items: Sequence[Item]
    starts: Index  # of each item's own parameters

    @cached_property
    def continuous(self) -> list[int]:
        return [j for j, item in enumerate(self.items) if isinstance(item, ContinuousItem)]

    @cached_property
    def sd(self) -> Array:
        return np.array([item.sd if isinstance(item, ContinuousItem) else 1.0 for item in self.items])

    @cached_property
    def item(self) -> Index:
        counts = [1 if isinstance(item, ContinuousItem) else len(item.own) for item in self.items]
        return np.repeat(np.arange(len(self.items)), counts)

    @property
    def location(self) -> Array:
        return np.concatenate(
            [-item.own[:1] if isinstance(item, ContinuousItem) else item.own for item in self.items]
        )

    def slopes(self, correlation: Array) -> Array:
        """(T + V + S, own parameters + S) slopes of the statistics."""
        n_own, both, sd = int(self.starts[-1]), pairs(len(self.items)), self.sd
        out = np.zeros((len(self.item) + len(self.continuous) + len(both), n_own + len(both)))
        at = 0
        for j, item in enumerate(self.items):
            continuous = isinstance(item, ContinuousItem)
            for k in range(1 if continuous else len(item.own)):
                out[at, self.starts[j] + k] = -1.0 if continuous else 1.0
                at += 1
        variance = {j: int(self.starts[j]) + 1 for j in self.continuous}
        for j in self.continuous:
            out[at, variance[j]] = 1.0
            at += 1
        for k, (i, j) in enumerate(both):
            out[at, n_own + k] = sd[i] * sd[j]
            for own, other in ((i, j), (j, i)):
                if own in variance:
                    out[at, variance[own]] = correlation[i, j] * sd[other] / (2 * sd[own])
            at += 1
        return out
