"""A model formula, written as for lme4, taken apart as a text: the outcome, what is fixed, and the random terms.

For rooms that leave terms out, print them or ask what they are grouped by. What columns and coefficients a formula
stands for is not known here: the engine reads it for that, and refuses what cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

OPENING, CLOSING, QUOTES = "([{", ")]}", "`\"'"
INTERCEPT = "1"
Level = tuple[str, ...]  # factors whose combinations are the groups


@dataclass(frozen=True)
class RandomTerm:
    """`(left | group)`; bar is "||" where its columns do not correlate."""

    left: str
    group: str
    bar: str = "|"

    @property
    def nested(self) -> tuple[Level, ...]:
        """The factors of each part of a nesting, from the outside in: `organisation/team` has (organisation,) and
        (team,), `team:wave` has (team, wave)."""
        return tuple(
            tuple(_unwrapped(f) for f in _split(_unwrapped(part), ":"))
            for part in _split(_unwrapped(self.group), "/")
        )

    @property
    def levels(self) -> tuple[Level, ...]:
        """What the term is grouped by: `organisation/team` by (organisation,) and by (organisation, team)."""
        return tuple(accumulate(self.nested))

    @property
    def is_intercept(self) -> bool:
        """Whether groups differ in their level alone."""
        return self.left == INTERCEPT

    def within(self, parts: int) -> RandomTerm:
        """The same grouped by the outer so many parts of its nesting."""
        return replace(self, group="/".join(":".join(factors) for factors in self.nested[:parts]))

    def __str__(self) -> str:
        return f"({self.left} {self.bar} {self.group})"


@dataclass(frozen=True)
class Terms:
    """outcome: what stands left of `~`; fixed: what is added up, as it is written (`- 1` with its sign); random: the
    terms with a bar, in their order."""

    outcome: str
    fixed: tuple[str, ...]
    random: tuple[RandomTerm, ...]

    @classmethod
    def read(cls, text: str) -> Terms:
        """Blanks and line ends between parts do not count. Brackets are taken to be in pairs.

        >>> Terms.read("score ~ wave + (1 | organisation/team)").random[0].levels
        (('organisation',), ('organisation', 'team'))
        """
        outcome, _, right = text.partition("~")
        parts = list(_parts(right))
        fixed = tuple(part for part in parts if isinstance(part, str))
        return cls(outcome.strip(), fixed, tuple(part for part in parts if isinstance(part, RandomTerm)))

    def with_random(self, terms: Sequence[RandomTerm]) -> Terms:
        """The same fixed part with other random terms."""
        return replace(self, random=tuple(terms))

    @property
    def levels(self) -> tuple[Level, ...]:
        """What its random terms are grouped by, each once."""
        return tuple(dict.fromkeys(level for term in self.random for level in term.levels))

    def __str__(self) -> str:
        right = " + ".join([*(self.fixed or (INTERCEPT,)), *map(str, self.random)])
        return f"{self.outcome} ~ {right.replace(' + - ', ' - ')}"


def _parts(text: str) -> Iterator[str | RandomTerm]:
    """What is added up, or taken away."""
    for sign, part in _signed(text):
        inner = _unwrapped(part)
        term = None if inner == part or sign == "-" else _random(inner)
        if term is not None:
            yield term
        elif inner != part and sign == "+" and "|" in inner:
            yield from _parts(inner)  # (x + (1 | team)), which the engine takes as x + (1 | team)
        elif part:
            yield part if sign == "+" else f"- {part}"


def _random(inner: str) -> RandomTerm | None:
    """The term within brackets, None where no bar stands in it."""
    at = next((i for i, sign in _outside(inner) if sign == "|"), None)
    if at is None:
        return None
    bar = "||" if inner[at : at + 2] == "||" else "|"
    return RandomTerm(_plain(inner[:at]), _plain(inner[at + len(bar) :]), bar)


def _signed(text: str) -> Iterator[tuple[str, str]]:
    """(sign, part) of everything between the signs outside brackets."""
    start, sign = 0, "+"
    for i, found in _outside(text):
        if found in "+-":
            yield sign, _plain(text[start:i])
            start, sign = i + 1, found
    yield sign, _plain(text[start:])


def _split(text: str, by: str) -> list[str]:
    """Parts between a sign outside brackets."""
    ends = [i for i, sign in _outside(text) if sign == by]
    return [text[a:b].strip() for a, b in zip([0, *(i + 1 for i in ends)], [*ends, len(text)], strict=True)]


def _unwrapped(text: str) -> str:
    """Without brackets around all of it."""
    text = text.strip()
    closes = [i for i, depth in _depths(text) if depth == 0]
    while text.startswith("(") and closes and closes[0] == len(text) - 1:
        text = text[1:-1].strip()
        closes = [i for i, depth in _depths(text) if depth == 0]
    return text


def _outside(text: str) -> Iterator[tuple[int, str]]:
    """(place, sign) of everything that stands in no brackets and no quotes."""
    return ((i, text[i]) for i, depth in _depths(text) if depth == 0 and text[i] not in CLOSING)


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """(place, how many brackets are open after it) of everything outside quotes."""
    depth, quote = 0, ""
    for i, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
            continue
        if sign in QUOTES:
            quote = sign
            continue
        depth += (sign in OPENING) - (sign in CLOSING)
        yield i, depth


def _plain(text: str) -> str:
    return " ".join(text.split())
