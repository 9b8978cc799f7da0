"""Which random effects meet in which rows: groups, pairs of levels, nesting and connected components.

Found once per design; `glmm_elimination` uses it for every evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..model import Array, RandomTerm

IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Group:
    """All random terms of one grouping factor side by side; their covariance factor is block-diagonal."""

    codes: IntArray  # (n,)
    n_levels: int
    Z: Array  # (q, n)
    terms: tuple[int, ...]  # positions in Design.random
    starts: tuple[int, ...]  # first column of each of these terms

    @property
    def q(self) -> int:
        return len(self.Z)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of levels of two groups that meet in at least one row, sorted by the level of the first group."""

    row: IntArray  # (n,) pair of each row
    first: IntArray  # (P,)
    second: IntArray  # (P,)

    @property
    def n(self) -> int:
        return len(self.first)

    def find(self, first: IntArray, second: IntArray, width: int) -> IntArray:
        """Position of pairs that are known to exist; `width` is the number of levels of the second group."""
        return np.searchsorted(self.first * width + self.second, first * width + second)


def merge_terms(random: tuple[RandomTerm, ...]) -> tuple[Group, ...]:
    """Groups of a design: terms that share a grouping factor become one block of columns."""
    by_name: dict[str, list[int]] = {}
    for r, term in enumerate(random):
        by_name.setdefault(term.group, []).append(r)
    groups = []
    for members in by_name.values():
        widths = [len(random[r].names) for r in members]
        starts = tuple(int(s) for s in np.cumsum([0, *widths[:-1]]))
        Z = np.ascontiguousarray(np.hstack([random[r].Z for r in members]).T, dtype=float)
        first = random[members[0]]
        codes = np.ascontiguousarray(first.codes, dtype=np.intp)
        groups.append(Group(codes, first.n_levels, Z, tuple(members), starts))
    return tuple(groups)


def find_pairs(a: Group, b: Group) -> Pairs:
    """Pairs of levels of a and b that share a row."""
    unique, row = np.unique(a.codes * b.n_levels + b.codes, return_inverse=True)
    return Pairs(row.reshape(-1).astype(np.intp), unique // b.n_levels, unique % b.n_levels)


def elimination_order(groups: tuple[Group, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Groups that can be eliminated one after the other as block-diagonals, and the rest; largest first."""
    chain: list[int] = []
    rest: list[int] = []
    for g in sorted(range(len(groups)), key=lambda i: -groups[i].n_levels):
        nested = all(is_nested(groups[c].codes, groups[g].codes, groups[c].n_levels) for c in chain)
        (chain if nested else rest).append(g)
    return tuple(chain), tuple(rest)


def is_nested(inner: IntArray, outer: IntArray, n_inner: int) -> bool:
    """Whether every level of `inner` meets exactly one level of `outer`."""
    parent = np.empty(n_inner, dtype=np.intp)
    parent[inner] = outer
    return bool((parent[inner] == outer).all())


def component_labels(
    groups: tuple[Group, ...],
    order: tuple[int, ...],
    pairs: dict[tuple[int, int], Pairs],
    wanted: tuple[int, ...],
) -> dict[int, IntArray]:
    """Connected component of every level of the wanted groups; levels are connected when they share a row."""
    starts, total = {}, 0
    for h in order:
        starts[h], total = total, total + groups[h].n_levels
    none = np.zeros(0, dtype=np.intp)
    rows = np.concatenate([none, *(starts[a] + p.first for (a, _), p in pairs.items())])
    cols = np.concatenate([none, *(starts[b] + p.second for (_, b), p in pairs.items())])
    graph = coo_array((np.ones(len(rows), np.int8), (rows, cols)), shape=(total, total))
    label = connected_components(graph, directed=False)[1].astype(np.intp)
    return {h: label[starts[h] : starts[h] + groups[h].n_levels] for h in wanted}


def level_sums(codes: IntArray, values: Array, n_levels: int) -> Array:
    """(n_levels,) sums of `values` by level."""
    return np.asarray(np.bincount(codes, values, n_levels), dtype=np.float64)


def rank_within(label: IntArray) -> IntArray:
    """Position of each entry among the entries with the same label."""
    order = np.argsort(label, kind="stable")
    counts = np.bincount(label)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    rank = np.empty_like(label)
    rank[order] = np.arange(len(label)) - starts
    return rank


def all_combinations(p1: Pairs, p2: Pairs, n_levels: int) -> tuple[IntArray, IntArray]:
    """Every pair of `p1` with every pair of `p2` that shares its first level."""
    n1 = np.bincount(p1.first, minlength=n_levels)
    n2 = np.bincount(p2.first, minlength=n_levels)
    repeats = n2[p1.first]
    left = np.repeat(np.arange(p1.n), repeats)
    within = np.arange(int(repeats.sum())) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    assert len(left) == int((n1 * n2).sum())
    return left, (np.cumsum(n2) - n2)[p1.first[left]] + within
