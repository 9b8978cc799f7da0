"""Contacts in a network that is asked as a whole: how many there are of those that could be, and what silence leaves
open. There is no sampling interval, as nobody was drawn: what is unsure is who did not answer. Nothing here says who
is in the middle of a network: that would be about single persons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from dww_analysis.domain.practice import NAN

Pair = frozenset[str]


@dataclass(frozen=True)
class Contacts:
    """What respondents said of one relation.

    said: (from, to) of their ties; members: everybody; answered: those with any row. Always true: every tie is from
    somebody who answered to another member.
    """

    members: tuple[str, ...]
    answered: frozenset[str]
    said: frozenset[tuple[str, str]]
    pairs: tuple[Pair, ...] = field(init=False)

    def __post_init__(self) -> None:
        """All pairs of members."""
        object.__setattr__(self, "pairs", tuple(frozenset(p) for p in combinations(self.members, 2)))

    @property
    def share_answered(self) -> float:
        """Of the members."""
        return len(self.answered) / len(self.members)

    @property
    def known(self) -> tuple[Pair, ...]:
        """Pairs of which one end at least answered."""
        return tuple(p for p in self.pairs if p & self.answered)

    @property
    def both_answered(self) -> tuple[Pair, ...]:
        """Pairs of which both ends answered."""
        return tuple(p for p in self.pairs if p <= self.answered)

    @property
    def either(self) -> frozenset[Pair]:
        """Pairs of which one end says that there is contact."""
        return frozenset(frozenset(tie) for tie in self.said)

    @property
    def both(self) -> frozenset[Pair]:
        """Pairs of which both ends say so."""
        return frozenset(frozenset(tie) for tie in self.said if (tie[1], tie[0]) in self.said)

    def directed(self) -> float:
        """Ties of those that respondents could have named (R: `sna::gden` over their rows)."""
        return _ratio(len(self.said), len(self.answered) * (len(self.members) - 1))

    def undirected(self) -> tuple[float, float, float]:
        """Share of known pairs with contact, as either end says; then over all pairs, unknown ones without contact and
        all with contact."""
        ties, unknown = len(self.either), len(self.pairs) - len(self.known)
        share = _ratio(ties, len(self.known))
        return share, _ratio(ties, len(self.pairs)), _ratio(ties + unknown, len(self.pairs))

    def both_say(self) -> float:
        """Share of the pairs that both answered in which both say so."""
        return _ratio(len(self.both), len(self.both_answered))

    def confirmed(self) -> float:
        """Of the ties between two who answered, the share that both ends say."""
        return _ratio(len(self.both), sum(p <= self.answered for p in self.either))

    def e_i(self, group: Mapping[str, str]) -> float:
        """Ties between groups minus ties within, as a part of all (Krackhardt & Stern 1988): -1 to 1.

        group: group of every member. NaN without ties.
        """
        external = sum(len({group[m] for m in pair}) > 1 for pair in self.either)
        return _ratio(2 * external - len(self.either), len(self.either))

    def persons_in(self, pairs: Iterable[Pair]) -> set[str]:
        """Everybody at an end of these pairs."""
        return set().union(*pairs)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else NAN
