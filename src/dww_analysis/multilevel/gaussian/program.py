"""A chain of links as plain arrays, for the compiled loop that runs the whole of it in one call (`_compiled_chain`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..model import Array
from .elimination import Index, Level
from .jets import FEW_COLUMNS
from .leaf import PooledLeaf


class Wiring(NamedTuple):
    """What does not depend on the response, of L links from fine to coarse."""

    sizes: Index  # (L, 4) random columns, parameters, kept columns, parents
    places: Index  # link after link: parameters; of one not pooled random columns, kept columns, bounds
    E: Array  # link after link: (b, q, q)
    xy: Index  # (p + 1,) X and y among the columns kept at the end


class Program(NamedTuple):
    """A chain of links. The finest one, where it is pooled, stands in the first six arrays, else in `base`."""

    S: Array
    counts: Array
    pattern: Index
    bounds: Index
    H: Array
    total: Array
    base: Array  # (N, w, w); no units where the finest link is pooled
    sizes: Index
    places: Index
    E: Array
    xy: Index


class Step(Protocol):
    """One link of the elimination."""

    @property
    def level(self) -> Level | None:
        """None for the pooled leaf."""

    @property
    def own(self) -> tuple[int, ...]:
        """(b,) parameters."""

    @property
    def E(self) -> Array:
        """(b, q, q)."""


NO_PLACES: Index = np.zeros(0, dtype=np.intp)
NO_UNITS = np.zeros((0, 0, 0))
NO_LEAF = NO_UNITS, np.zeros(0), NO_PLACES, NO_PLACES, np.zeros((0, 0, 0, 0, 0)), NO_UNITS


def wire(steps: Sequence[Step], leaf: PooledLeaf | None, xy: NDArray[np.intp]) -> Wiring | None:
    """None where a link above the pooled one has many random columns: loops over single links are then faster."""
    sizes, places, E = [], [], []
    for step in steps:
        q, level = step.E.shape[1], step.level
        places.append(np.array(step.own, dtype=np.intp))
        E.append(step.E.ravel())
        if level is None:
            assert leaf is not None
            sizes.append((q, len(step.own), leaf.H.shape[3], len(leaf.total)))
        elif q > FEW_COLUMNS:
            return None
        else:
            sizes.append((q, len(step.own), len(level.keep), len(level.starts)))
            places += [level.z, level.keep, level.bounds]
    return Wiring(np.array(sizes, dtype=np.intp), np.concatenate(places), np.concatenate(E), xy)


def program_of(leaf: PooledLeaf | None, base: Array | None, wiring: Wiring) -> Program:
    """The wiring with the products of the finest units, pooled or not."""
    if leaf is None:
        assert base is not None
        return Program(*NO_LEAF, base, *wiring)
    return Program(
        leaf.S, leaf.count, leaf.pattern, leaf.bounds, leaf.H, leaf.total, NO_UNITS, *wiring
    )  # fmt: skip
