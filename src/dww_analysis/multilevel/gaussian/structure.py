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

from ..errors import MemoryLimitError
from ..model import Array, Design

Codes = NDArray[np.intp]
Factor = tuple[Codes, int, list[int]]  # codes of a partition, number of its units, terms over it
SPREAD_BYTES = 1e9  # memory that wider spread columns may take where they stay inside units
LARGEST_DENSE = 12_000  # random effects in one dense block
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
    if crossed and not _narrow(design, links):
        _check_dense(design, factors)
        return Plan(_wide_links(design, factors), wide=True)
    return Plan(tuple(links), wide=False)


def _narrow(design: Design, links: list[Link]) -> bool:
    """Whether the spread columns are few, or many small matrices cost less than the one large one.

    The factor 15 is the speed of large matrix products over that of loops on small ones.
    """
    width = max(sum(p.copies * len(design.random[p.term].names) for p in link.parts) for link in links)
    if width <= WIDEST_SPREAD:
        return True
    sizes = [sum(p.copies * len(design.random[p.term].names) for p in link.parts) for link in links]
    columns = [design.X.shape[1] + 1 + sum(sizes[i:]) for i in range(len(links))]
    units = [link.n_units for link in links[1:]]
    small = sum(n * w * w * q for n, w, q in zip(units, columns[1:], sizes[1:], strict=True))
    dense = sum(len(t.names) * t.n_levels for t in design.random) - sizes[0] * links[0].n_units
    n_classes = links[0].n_units if sizes[0] > 1 else 8 * units[0]
    memory = 8 * columns[0] * max(design.n, min(links[0].n_units, n_classes) * sizes[0] ** 2 * columns[0])
    return 15 * small < dense**3 and memory < SPREAD_BYTES


def _check_dense(design: Design, factors: list[Factor]) -> None:
    m = sum(len(design.random[r].names) * f[1] for f in factors[1:] for r in f[2])
    if m > LARGEST_DENSE:
        raise MemoryLimitError(
            f"The crossed random effects of '{design.formula}' leave a dense block of {m} effects once the largest "
            f"factor is eliminated ({m**2 * 64 / 1e9:.0f} GB); up to {LARGEST_DENSE} are possible. Make the factors "
            "nested where the design allows it (for example by giving a person who moves a label per team), or leave "
            "one out."
        )


def _distinct_factors(design: Design) -> list[Factor]:
    """(codes, number of levels, terms) of every different partition, most levels first."""
    found: list[Factor] = []
    for r, term in enumerate(design.random):
        for codes, n_levels, members in found:
            same = codes is term.codes
            if same or (n_levels == term.n_levels and is_nested(codes, n_levels, term.codes, term.n_levels)):
                members.append(r)
                break
        else:
            found.append((term.codes, term.n_levels, [r]))
    return sorted(found, key=lambda f: -f[1])


def _split_chain(factors: list[Factor]) -> tuple[list[Factor], list[Factor]]:
    chain: list[Factor] = []
    crossed: list[Factor] = []
    for factor in factors:
        if not chain or is_nested(chain[-1][0], chain[-1][1], factor[0], factor[1]):
            chain.append(factor)
        else:
            crossed.append(factor)
    return chain, crossed


def _place_crossed(design: Design, chain: list[Factor], crossed: list[Factor]) -> list[Link]:
    """Give every crossed factor a home: the finest partition of the chain, or a join, that contains it."""
    homes: list[tuple[Codes, int, list[int], list[tuple[Codes, list[int]]]]] = [
        (codes, n_levels, list(members), []) for codes, n_levels, members in chain
    ]
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


def _wide_links(design: Design, factors: list[Factor]) -> tuple[Link, ...]:
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
