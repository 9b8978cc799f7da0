"""Contacts between groups of a network: cells of pairs, and whether ties of one pair or two follow from their sums."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dww_analysis.practice.contacts import Contacts, Pair

FEWEST_PAIRS = 3  # of a cell of contacts
Cell = tuple[str, str]
ROUNDING = 1e-9


@dataclass(frozen=True)
class Between:
    """The pairs of two groups, or within one. pairs: all of them; known: those of which one end answered."""

    pairs: tuple[Pair, ...]
    known: tuple[Pair, ...]

    def ties(self, contacts: Contacts) -> int:
        """Pairs with contact, as either end says."""
        return sum(p in contacts.either for p in self.known)

    def bounds(self, contacts: Contacts) -> tuple[float, float]:
        """The share of all pairs with contact, where the unknown ones have none and where all of them have."""
        ties, unknown = self.ties(contacts), len(self.pairs) - len(self.known)
        return ties / len(self.pairs), (ties + unknown) / len(self.pairs)


def between(contacts: Contacts, group: Mapping[str, str]) -> dict[Cell, Between]:
    """Each two groups, in order of their names, with a known pair. group: of every member."""
    parted: dict[Cell, list[Pair]] = {}
    for pair in contacts.pairs:
        first, second = sorted(group[m] for m in pair)
        parted.setdefault((first, second), []).append(pair)
    known = frozenset(contacts.known)
    found = {
        cell: Between(tuple(ps), tuple(p for p in ps if p in known)) for cell, ps in sorted(parted.items())
    }
    return {cell: one for cell, one in found.items() if one.known}


def few_follow(counted: Collection[Collection[Pair]], pairs: Sequence[Pair]) -> bool:
    """Whether the number of ties of one pair or two follows, where it is known of each of these sets of pairs.

    It follows where a sum of the sets, each times some number, is 0 outside these pairs: where the projection on what
    is counted leaves a vector of one or two pairs as it is.
    """
    rows = np.array([[p in one for p in pairs] for one in map(frozenset, counted)], dtype=float)
    _, sizes, directions = np.linalg.svd(rows, full_matrices=False)
    kept = directions[sizes > ROUNDING * max(rows.shape) * sizes.max(initial=1.0)]
    projected = kept.T @ kept
    own = np.diag(projected)
    middle, apart = (own[:, None] + own) / 2, (own[:, None] - own) / 2
    largest = middle + np.hypot(
        apart, projected
    )  # eigenvalue of each two pairs; of one pair with itself twice its own
    np.fill_diagonal(largest, own)
    return bool((largest > 1 - ROUNDING).any())


def cells_beside(
    cells: Mapping[Cell, Between], counted: Sequence[Collection[Pair]], pairs: Sequence[Pair]
) -> set[Cell]:
    """The cells that may be shown beside what is counted already: of 3 pairs at least, the smallest left out while
    ties of one pair or two would follow. Cells of one size are left out together."""
    shown = {cell for cell, one in cells.items() if len(one.known) >= FEWEST_PAIRS}
    while shown and few_follow([*counted, *(cells[cell].known for cell in shown)], pairs):
        least = min(len(cells[cell].known) for cell in shown)
        shown -= {cell for cell in shown if len(cells[cell].known) == least}
    return shown
