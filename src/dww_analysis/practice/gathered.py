"""Sources of one kind laid together by session: what is exported twice counts once, and the stricter basis holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from dww_analysis.domain.study import Basis, Source
from dww_analysis.errors import PracticeError, Problem, raise_all
from dww_analysis.practice.reading import Counted
from dww_analysis.practice.shown import HowAsked, strictest

# What one person, table, group or counter said: sources that both have it must say the same of it.
ONE_VOICE = {
    "attendance": ["person", "role"],
    "ballots": ["ballot"],
    "tallies": ["role"],
    "votes": ["moment", "statement", "role", "ballot"],
    "statements": ["id", "coder"],
    "blocks": ["group"],
    "network_attendance": ["session", "person", "role"],
    "ratings": ["round", "person", "example"],
    "ties": ["round", "from"],
    "checklist": ["round", "rater", "item"],
    "app_ratings": ["round", "person"],
    "app_remarks": ["id", "coder"],
}
# Where people have codes, or are counted: the column of codes, and what is told either by codes or by counts.
CODES = {
    "attendance": ("person", ["role"]),
    "network_attendance": ("person", ["session", "role"]),
    "votes": ("ballot", ["moment", "statement"]),
}
Unit = Literal["session", "network", "function", "about"]  # the column that says what rows are about


@dataclass(frozen=True, eq=False)
class Gathered:
    """What was delivered of one kind about one session, or one network or function (`session` is its id then)."""

    session: str
    counted: Counted
    basis: Basis
    by_table: bool = False

    def asked(self, minimum: int) -> HowAsked:
        """How it was asked, in a study whose smallest group is `minimum`."""
        return HowAsked(self.basis, minimum)


def by_session(kind: str, read: Sequence[tuple[Source, Counted]], unit: Unit = "session") -> list[Gathered]:
    """Each session (or network) of these sources, in the order of ids.

    Rows that two sources have both count once. Private where one of the sources is. PracticeError, with all problems:
    one ballot, person or group of which two sources say different things, ways of choosing that cannot be added up,
    ballots of tables among those of persons, people with codes that are counted as well.
    """
    found: dict[str, list[tuple[Source, Counted]]] = {}
    for source, counted in read:
        for session, rows in counted.rows.groupby(unit):
            found.setdefault(str(session), []).append((source, replace(counted, rows=rows)))
    problems = [p for session, parts in found.items() for p in _problems(kind, f"{unit} {session}", parts)]
    raise_all(problems, PracticeError)
    return [_together(session, parts) for session, parts in sorted(found.items())]


def _together(session: str, parts: list[tuple[Source, Counted]]) -> Gathered:
    rows = pd.concat([counted.rows for _, counted in parts], ignore_index=True)
    kept = ~rows.duplicated()
    repeated = sum(counted.repeated for _, counted in parts) + int((~kept).sum())
    counted = Counted(rows[kept].reset_index(drop=True), repeated, parts[0][1].how)
    basis = strictest(source.basis for source, _ in parts)
    return Gathered(session, counted, basis, parts[0][0].by == "table")


def _problems(kind: str, about: str, parts: list[tuple[Source, Counted]]) -> Iterator[Problem]:
    where = f"{about}, sources {', '.join(source.id for source, _ in parts)}"
    hows = list(dict.fromkeys(counted.how for _, counted in parts))
    if len(hows) > 1:
        yield Problem(
            found=f"ballots with {' and '.join(hows)}",
            where=where,
            expected="one way of choosing in a session",
            action="make two sessions of them in practice.yaml, or leave one source out",
        )
    if len({source.by for source, _ in parts}) > 1:
        yield Problem(
            found="ballots of tables among ballots of persons",
            where=where,
            expected="ballots of one or the other in a session",
            action="make two sessions of them in practice.yaml, or leave one source out",
        )
    yield from mixed_rounds([counted.rows for _, counted in parts], where)
    if kind in CODES and _told_both_ways(*CODES[kind], parts):
        what = " and ".join(CODES[kind][1])
        yield Problem(
            found=f"codes and counts of one {what}",
            where=where,
            expected="one of the two, as they may be the same people",
            action="leave the counts out where there are codes",
        )
    clashes = 0 if len(parts) < 2 or len(hows) > 1 else _clashes(kind, parts)
    if clashes:
        what = " and ".join(ONE_VOICE[kind])
        yield Problem(
            found=f"{clashes} times one {what} of which two sources say different things",
            where=where,
            expected=f"codes of {what} that are used once, or the same rows again (a second export)",
            action="give each file codes of its own, or correct the files",
        )


def mixed_rounds(tables: Sequence[pd.DataFrame], where: str) -> Iterator[Problem]:
    """A problem where some of the tables have rounds and others none: these would be a round of their own."""
    rounds = {bool(rows["round"].ne("").any()) for rows in tables if "round" in rows}
    if len(rounds) > 1:
        yield Problem(
            found="rows of rounds among rows without a round",
            where=where,
            expected="a round in each of these sources, or in none",
            action="name the column in `columns`, or give `fixed: {round: ...}`",
        )


def _clashes(kind: str, parts: list[tuple[Source, Counted]]) -> int:
    """How many voices occur in several sources with other rows."""
    said: dict[object, set[frozenset[str]]] = {}
    for _, counted in parts:
        for voice, rows in counted.rows.groupby(_voice(kind, counted.rows)):
            everything = frozenset(map(repr, rows.itertuples(index=False, name=None)))
            said.setdefault(voice, set()).add(everything)
    return sum(len(versions) > 1 for versions in said.values())


def _voice(kind: str, rows: pd.DataFrame) -> list[str]:
    """Columns that tell one voice; a code is of one person, whatever the role."""
    if kind in CODES and (rows[CODES[kind][0]] != "").any():
        return [column for column in ONE_VOICE[kind] if column != "role"]
    return ONE_VOICE[kind]


def _told_both_ways(code: str, by: list[str], parts: list[tuple[Source, Counted]]) -> bool:
    rows = pd.concat([counted.rows for _, counted in parts], ignore_index=True)
    return bool(rows.assign(coded=rows[code] != "").groupby(by)["coded"].nunique().gt(1).any())
