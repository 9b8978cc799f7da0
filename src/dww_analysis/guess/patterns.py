"""Names that count on, written as one range: lpw_01, lpw_02, lpw_03 -> lpw_{01-03}."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dww_analysis.domain.written import is_open

LEAST = 3  # names in a range
_BRACES = re.compile(r"\{\d+-\d+\}")


def can_be_named(name: str) -> bool:
    """Whether the configuration can name a delivered column: no range of names, and no place left open."""
    return _BRACES.search(name) is None and not is_open(name, ("columns",))


def ranges_of(names: Sequence[str]) -> list[str]:
    """The names in their order, those that count on as ranges."""
    return [ours for ours, _ in pair_ranges([(n, n) for n in names])]


def pair_ranges(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Our names beside theirs, in order; where both count on by one, they are one line."""
    result: list[tuple[str, str]] = []
    for run in _runs(pairs):
        if len(run) < LEAST:
            result += run
        else:
            result.append((_range([o for o, _ in run]), _range([t for _, t in run])))
    return result


def _runs(pairs: Sequence[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Pairs in which both names count on at the same place as in the pair before."""
    run: list[tuple[str, str]] = []
    places: tuple[int, ...] = ()
    for pair in pairs:
        now = tuple(_counts_at(one, other) for one, other in zip(run[-1], pair, strict=True)) if run else ()
        if run and (-1 in now or (len(run) > 1 and now != places)):
            yield run
            run = []
        places = now
        run.append(pair)
    if run:
        yield run


def _split(name: str) -> list[str]:
    """Texts and numbers in turn: `motiv1_t0` -> motiv, 1, _t, 0, "" (numbers at odd places)."""
    return re.split(r"(\d+)", name)


def _counts_at(one: str, other: str) -> int:
    """The place of the only number that is one higher in `other`, written as wide; -1 without such a place."""
    first, second = _split(one), _split(other)
    if len(first) != len(second):
        return -1
    apart = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    if len(apart) != 1 or apart[0] % 2 == 0:
        return -1
    before, after = first[apart[0]], second[apart[0]]
    padded = before.startswith("0") or after.startswith("0")
    fits = len(after) <= 6 and (len(before) == len(after) or not padded)
    return apart[0] if fits and int(after) == int(before) + 1 else -1


def _range(names: Sequence[str]) -> str:
    first, last = _split(names[0]), _split(names[-1])
    at = next(i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b)
    return "".join([*first[:at], f"{{{first[at]}-{last[at]}}}", *first[at + 1 :]])
