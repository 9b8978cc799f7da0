"""Exports of poll tools: columns beside each other that say the same of several things, or several things in a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Cells = Literal["chosen", "points", "rank", "rating", "option", "n", "placed", "met", "dots", "present"]
# What the columns of a wide table may be about, and what their cells may hold, by kind of source.
BESIDE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "attendance": (("role",), ("present",)),
    "ballots": (("theme",), ("chosen", "points", "rank", "rating")),
    "tallies": (("theme", "role"), ("dots",)),
    "votes": (("statement", "moment", "option"), ("option", "n")),
    "blocks": (("block",), ("placed",)),
    "ratings": (("round", "example", "function"), ("rating",)),
    "checklist": (("item", "round"), ("met",)),
}
# Which column may hold several things in one cell, and what naming them says.
IN_A_CELL: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ballots": ("theme", ("chosen", "rank")),
    "blocks": ("block", ("placed",)),
}
# Whose row it is, where a file of one row a voter (a group, a rater) has no code for it.
ONE_ROW: Mapping[str, str] = {"ballots": "ballot", "votes": "ballot", "blocks": "group", "checklist": "rater"}
NOTHING_SAID = {"chosen": "0", "points": "0", "placed": "0", "dots": "0", "rank": ""}  # by an empty cell


@dataclass(frozen=True)
class Wide:
    """One column for each theme, question, block, round or point.

    cells: our column for what their cells hold. columns: their column -> what it is about: our column -> its value.
    Always true: every column is about the same of our columns.
    """

    cells: str
    columns: Mapping[str, Mapping[str, str]]

    @property
    def by(self) -> tuple[str, ...]:
        """Our columns that tell the columns apart."""
        return tuple(next(iter(self.columns.values())))


@dataclass(frozen=True)
class InACell:
    """Several things in one cell. leave: words that are none of them, such as "no opinion"."""

    column: str  # ours
    delimiter: str
    cells: str  # what naming it says: chosen, placed, or rank (their order)
    leave: tuple[str, ...] = ()
