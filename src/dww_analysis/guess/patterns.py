"""Names that count on, written as one range: lpw_01, lpw_02, lpw_03 -> lpw_{01-03}."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NUMBER = re.compile(r"^(.*?)(\d+)(\D*)$")
LEAST = 3  # names in a range
_BRACES = re.compile(r"\{\d+-\d+\}")


def is_range(name: str) -> bool:
    """Whether a delivered name looks like a range itself, so that the configuration cannot name the column."""
    return _BRACES.search(name) is not None


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
    run: list[tuple[str, str]] = []
    for pair in pairs:
        if run and not all(_follows(one, next_) for one, next_ in zip(run[-1], pair, strict=True)):
            yield run
            run = []
        run.append(pair)
    if run:
        yield run


def _follows(one: str, other: str) -> bool:
    """Whether `other` is `one` with a number that is one higher, written as wide."""
    first, second = _NUMBER.match(one), _NUMBER.match(other)
    if not first or not second or (first[1], first[3]) != (second[1], second[3]):
        return False
    before, after = first[2], second[2]
    padded = before.startswith("0") or after.startswith("0")
    fits = len(before) == len(after) if padded else True
    return fits and int(after) == int(before) + 1 and len(after) <= 6


def _range(names: Sequence[str]) -> str:
    first, last = _NUMBER.match(names[0]), _NUMBER.match(names[-1])
    assert first and last
    return f"{first[1]}{{{first[2]}-{last[2]}}}{first[3]}"
