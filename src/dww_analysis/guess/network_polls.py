"""Exports of poll tools about networks and a practice profile: a column for each round, point or function.

Only what names itself is taken: columns that are numbered as rounds, and headings that are points of a check-list or
functions of the study.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from dww_analysis.domain.networks import HIGHEST_RATING, LOWEST_RATING
from dww_analysis.guess.columns import Column, Delivered
from dww_analysis.guess.records import WideDraft
from dww_analysis.guess.vocabulary import letters

ROUND = re.compile(
    r"(?:(?:cijfer|rapportcijfer|rating|score)[-_ ]*)?(?:ronde|round|meting|keer|cijfer|rating|r)[-_ ]*(\d{1,2})",
    re.I,
)
LEAST = 2  # columns beside each other
LEAST_POINTS = 3  # of a check-list


def beside(
    file: Delivered, found: Mapping[str, str], items: Mapping[str, str], functions: Mapping[str, str]
) -> tuple[str, WideDraft] | None:
    """The kind of a wide file and its map; None for another file.

    found: our name -> their column, of the other columns. items, functions: letters of a point's or function's words
    -> its id.
    """
    others = [c for c in file.columns if c.name not in found.values() and not c.identifying]
    if "network" in found and "item" not in found and (points := _named(others, items)):
        wide = WideDraft(("item",), "met", points)
        return ("checklist", wide) if len(points) >= LEAST_POINTS else None
    if "person" not in found or {"rating", "round"} & found.keys():
        return None
    numbers = [c for c in others if _is_rating(c)]
    if "network" in found and len(rounds := _rounds(numbers)) >= LEAST:
        return "network ratings", WideDraft(("round",), "rating", rounds)
    if "network" not in found and len(rated := _named(numbers, functions)) >= LEAST:
        return "function ratings", WideDraft(("function",), "rating", rated)
    return None


def _is_rating(column: Column) -> bool:
    """Numbers from 0 to 10."""
    ends = (column.minimum, column.maximum)
    return column.kind == "number" and all(
        v is not None and LOWEST_RATING <= v <= HIGHEST_RATING for v in ends
    )


def number_of_round(text: str) -> str:
    """The number of a heading or word as `Ronde 1` or `Cijfer 2`; "" of another one."""
    found = ROUND.fullmatch(text.strip())
    return str(int(found[1])) if found else ""


def _rounds(columns: list[Column]) -> dict[tuple[str, ...], str]:
    """Number of the round -> its column, of columns that are numbered as rounds; nothing where two have one number."""
    numbered = [(number, c.name) for c in columns if (number := number_of_round(c.name))]
    twice = any(n > 1 for n in Counter(number for number, _ in numbered).values())
    return {} if twice else {(number,): name for number, name in numbered}


def _named(columns: list[Column], known: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Id -> its column, of columns whose heading or question text are known words; each id once."""
    found: dict[tuple[str, ...], str] = {}
    for column in columns:
        id = next((known[w] for w in map(letters, (column.name, column.label)) if w in known), None)
        if id is not None:
            found.setdefault((id,), column.name)
    return found
