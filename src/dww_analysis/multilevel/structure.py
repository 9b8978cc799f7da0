"""Find out how the grouping factors of a design lie in each other, and plan the order of elimination.

The factors are arranged as a chain of ever coarser partitions of the rows (persons in teams in
organisations). A factor that crosses a link of the chain is spread over columns inside the first partition
that contains it; where there is none, the connected components are added as a partition of their own. Nothing
here looks at the response.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .model import Array, Design

Codes = NDArray[np.intp]
WIDEST_SPREAD = 40  # columns a crossed factor may take inside one unit before the sparse path is cheaper


@dataclass(frozen=True)
class Part:
    """A random term inside a link: `copies` diagonal blocks (more than one where the term is spread)."""

    term: int
    copies: int


@dataclass(frozen=True, eq=False)
class Link:
    """One partition of the rows and the random effects that are eliminated with its units."""

    codes: Codes  # (n,) unit of each row
    n_units: int
    parts: tuple[Part, ...]
    local: dict[int, Codes]  # term -> (n,) position of its level inside the unit, for spread terms


@dataclass(frozen=True, eq=False)
class Plan:
    """Links from the finest to the coarsest; `wide` when the last link needs the sparse path."""

    links: tuple[Link, ...]
    wide: bool


def n_pairs(a: Codes, b: Codes, n_b: int) -> int:
    """Number of different pairs of levels that occur together."""
    return len(np.unique(a.astype(np.int64) * n_b + b))


def is_nested(inner: Codes, n_inner: int, outer: Codes, n_outer: int) -> bool:
    """True when every level of `inner` lies inside one level of `outer`."""
    if n_outer > n_inner:
        return False
    first = np.empty(n_inner, dtype=outer.dtype)
    first[inner] = outer
    return bool((first[inner] == outer).all())


def join(a: Codes, n_a: int, b: Codes, n_b: int) -> tuple[Codes, int]:
    """Finest partition that contains both factors: connected components of their bipartite graph."""
    graph = coo_matrix((np.ones(len(a), dtype=np.int8), (a, b + n_a)), shape=(n_a + n_b, n_a + n_b))
    n_parts, labels = connected_components(graph, directed=False)
    return labels[a].astype(np.intp), n_parts


def local_positions(inner: Codes, outer: Codes, n_outer: int) -> tuple[Codes, int]:
    """Position 0, 1, ... of each row's level among the levels that occur in the same unit of `outer`."""
    pairs, inverse = np.unique(outer.astype(np.int64) * (int(inner.max()) + 1) + inner, return_inverse=True)
    unit = pairs // (int(inner.max()) + 1)
    counts = np.bincount(unit, minlength=n_outer)
    position = np.arange(len(pairs)) - np.repeat(np.cumsum(counts) - counts, counts)
    return position[inverse.ravel()].astype(np.intp), int(counts.max())


def plan_elimination(design: Design) -> Plan:
    """The chain of links for this design, finest first, and whether the coarsest needs the sparse path."""
    factors = _distinct_factors(design)
    chain, crossed = _split_chain(factors)
    links = _place_crossed(design, chain, crossed)
    width = max((sum(p.copies * len(design.random[p.term].names) for p in k.parts) for k in links), default=0)
    if crossed and width > WIDEST_SPREAD:
        return Plan(_wide_links(design, factors), wide=True)
    return Plan(tuple(links), wide=False)


def _distinct_factors(design: Design) -> list[tuple[Codes, int, list[int]]]:
    """(codes, number of levels, terms) of every different partition, most levels first."""
    found: list[tuple[Codes, int, list[int]]] = []
    for r, term in enumerate(design.random):
        for codes, n_levels, members in found:
            same = codes is term.codes
            if same or (n_levels == term.n_levels and is_nested(codes, n_levels, term.codes, term.n_levels)):
                members.append(r)
                break
        else:
            found.append((term.codes, term.n_levels, [r]))
    return sorted(found, key=lambda f: -f[1])


def _split_chain(factors):
    chain, crossed = [], []
    for factor in factors:
        if not chain or is_nested(chain[-1][0], chain[-1][1], factor[0], factor[1]):
            chain.append(factor)
        else:
            crossed.append(factor)
    return chain, crossed


def _place_crossed(design: Design, chain, crossed) -> list[Link]:
    """Give every crossed factor a home: the finest partition of the chain, or a join, that contains it."""
    homes = [(codes, n_levels, list(members), []) for codes, n_levels, members in chain]
    for codes, n_levels, members in crossed:
        home = next((h for h in homes if is_nested(codes, n_levels, h[0], h[1])), None)
        if home is None:
            joined, n_parts = join(homes[-1][0], homes[-1][1], codes, n_levels)
            home = (joined, n_parts, [], [])
            homes.append(home)
        home[3].append((codes, members))
    return [_link(*home) for home in homes]


def _link(codes: Codes, n_units: int, members: list[int], spread: list[tuple[Codes, list[int]]]) -> Link:
    parts = [Part(r, 1) for r in members]
    local: dict[int, Codes] = {}
    for inner, terms in spread:
        position, copies = local_positions(inner, codes, n_units)
        for r in terms:
            parts.append(Part(r, copies))
            local[r] = position
    return Link(codes, n_units, tuple(parts), local)


def _wide_links(design: Design, factors) -> tuple[Link, ...]:
    """The largest factor, then everything else spread over the whole data set."""
    codes, n_levels, members = factors[0]
    rest = [(f[0], f[2]) for f in factors[1:]]
    whole = np.zeros(design.n, dtype=np.intp)
    parts = [Part(r, design.random[r].n_levels) for _, terms in rest for r in terms]
    local = {r: design.random[r].codes for _, terms in rest for r in terms}
    return (_link(codes, n_levels, members, []), Link(whole, 1, tuple(parts), local))


def relative_block(parts: tuple[Part, ...], blocks: list[Array]) -> Array:
    """Block-diagonal matrix of one link from the (q, q) matrix of every term."""
    size = sum(p.copies * len(blocks[p.term]) for p in parts)
    out = np.zeros((size, size))
    at = 0
    for p in parts:
        block = blocks[p.term]
        q = len(block)
        for _ in range(p.copies):
            out[at : at + q, at : at + q] = block
            at += q
    return out
