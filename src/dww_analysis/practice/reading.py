"""Ballots and votes as delivered, to tidy tables: every cell checked, every problem at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import person_code
from dww_analysis.domain.networks import HIGHEST_RATING, LOWEST_RATING
from dww_analysis.domain.practice import MOMENTS, Practice
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice.ballots import How
from dww_analysis.practice.delivered import Delivered, Listed

HOWS: tuple[How, ...] = get_args(How)
RATINGS = (LOWEST_RATING, HIGHEST_RATING)
CELLS: dict[How, tuple[str, Callable[[pd.Series], pd.Series]]] = {
    "chosen": ("1 or 0", lambda v: v.isin([0, 1])),
    "points": ("a whole number, 0 or more", lambda v: (v >= 0) & (v % 1 == 0)),
    "rank": ("a whole number from 1", lambda v: (v >= 1) & (v % 1 == 0)),
    "rating": (f"a number from {LOWEST_RATING:g} to {HIGHEST_RATING:g}", lambda v: v.between(*RATINGS)),
}


@dataclass(frozen=True, eq=False)
class Counted:
    """rows: the tidy table; repeated: rows that said the same again (a second export) and were left out. notes: what
    else was left out."""

    rows: pd.DataFrame
    repeated: int
    how: How = "chosen"
    notes: tuple[str, ...] = ()


def read_ballots(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Ballots as rows of session, ballot, role, theme and value, one a ballot and theme.

    Columns of `source.columns`: session, ballot, role, theme, and one of chosen, points, rank and rating. Raises one
    PracticeError: ids that are not in practice.yaml, cells that cannot be, a ballot in two roles, one theme given
    two values by one ballot, more themes or dots than `choose`, ranks with a hole.
    """
    how = _how(source)
    table = Delivered.of(data, source, lines, ("session", "ballot", "role", "theme", how))
    rows = pd.DataFrame(
        {
            "session": table.named("session", Listed.of(practice, "sessions")),
            "ballot": table.text("ballot").map(person_code, na_action="ignore"),
            "role": table.named("role", Listed.of(practice, "roles")),
            "theme": table.named("theme", Listed.of(practice, "themes")),
            "value": table.numbers(how, *CELLS[how], absent=how == "rank"),
        }
    )
    table.refuse(
        rows["ballot"].isna(),
        "ballot",
        "no ballot",
        "a number or code of the ballot",
        "add it, or use drop_rows",
    )
    kept = once(table, rows, ["session", "ballot", "theme"])
    one_role(table, rows, kept, "ballot")
    _within_allowed(table, rows, kept, how, practice)
    if how == "rank":
        _without_holes(table, rows, kept)
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()), how)


def _how(source: Source) -> How:
    given = [how for how in HOWS if how in source.columns]
    if len(given) == 1:
        return given[0]
    raise PracticeError.of(
        found=f"`columns` names {' and '.join(given) if given else 'none of them'}",
        where=f"source {source.id}",
        expected=f"one of {', '.join(HOWS)}",
        action="name in sources.yaml how people chose",
    )


def is_coded(source: Source, by_code: str, by_count: str) -> bool:
    """Whether people have codes or are counted; PracticeError where both columns or none are named.

    Each is a column of ours and, in brackets, what it is.
    """
    code, count = (column.split()[0] for column in (by_code, by_count))
    coded = code in source.columns
    if coded == (count in source.columns):
        raise PracticeError.of(
            found=f"`columns` names {f'both {code} and {count}' if coded else f'neither {code} nor {count}'}",
            where=f"source {source.id}",
            expected=f"one of the two: {by_code} or {by_count}",
            action="name one in sources.yaml",
        )
    return coded


def once(table: Delivered, rows: pd.DataFrame, key: list[str]) -> pd.Series:
    """Which rows count: of rows that say the same the first. A problem where they say different things."""
    kept = ~rows.duplicated()
    conflict = rows[kept].duplicated(key, keep=False).reindex(rows.index, fill_value=False)
    table.refuse(
        conflict & rows[key].notna().all(axis=1),
        key[-1],
        f"rows of one {' and '.join(key[1:])} that say different things",
        "one row for each",
        "correct the file; rows that are alike count once",
    )
    return kept


def one_role(table: Delivered, rows: pd.DataFrame, kept: pd.Series, what: str) -> None:
    """A problem for ballots or persons that are in two roles of one session."""
    several = rows.groupby(["session", what])["role"].transform("nunique") > 1
    action = "give a person one role in a session, or two ballots of their own"
    table.refuse(several & kept, "role", f"a {what} in two roles", f"one role for each {what}", action)


def _within_allowed(
    table: Delivered, rows: pd.DataFrame, kept: pd.Series, how: How, practice: Practice
) -> None:
    """Ballots with more themes or dots than their session allows."""
    if how == "rating":
        return  # all themes may be rated
    weight = rows["value"].notna().astype(float) if how == "rank" else rows["value"].fillna(0)
    given = weight.where(kept, 0).groupby([rows["session"], rows["ballot"]]).transform("sum")
    limit = rows["session"].map({s.id: s.choose for s in practice.sessions}).astype(float)
    over = given > limit
    what = "dots" if how == "points" else "themes"
    expected = f"at most as many {what} as `choose` of the session says"
    action = "correct the ballot, leave it out with drop_rows, or correct `choose` in practice.yaml"
    table.refuse(over & kept, how, f"ballots with more {what} than allowed", expected, action)


def _without_holes(table: Delivered, rows: pd.DataFrame, kept: pd.Series) -> None:
    ranks = rows["value"].where(kept)
    by = [rows["session"], rows["ballot"]]
    highest, count = (ranks.groupby(by).transform(f) for f in ("max", "count"))
    twice = pd.DataFrame({"s": by[0], "b": by[1], "r": ranks}).duplicated(keep=False) & ranks.notna()
    table.refuse(
        ((highest != count) | twice) & ranks.notna(),
        "rank",
        "ballots whose ranks have a hole or occur twice",
        "1, 2, 3, ... each once",
        "correct the ballot, or leave it out with drop_rows",
    )


def read_votes(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Votes of a room as rows of session, moment, statement, option, role, ballot and n.

    Columns of `source.columns`: session, moment, statement, option, role if it was asked, and either n (votes) or
    ballot (a code, one row a vote; n is 1). Raises one PracticeError: ids that are not in practice.yaml, an option that
    the statement does not have, counts that cannot be, one ballot that chose two options.
    """
    coded = is_coded(source, "ballot (a code for each voter)", "n (votes counted)")
    needed = ("session", "moment", "statement", "option")
    table = Delivered.of(data, source, lines, (*needed, "ballot" if coded else "n"))
    ones = pd.Series(1.0, index=range(len(table.data)))
    whole = CELLS["points"]
    rows = pd.DataFrame(
        {
            "session": table.named("session", Listed.of(practice, "sessions")),
            "moment": table.named("moment", Listed("moment", MOMENTS, "moments")),
            "statement": table.named("statement", Listed("statement", practice.ids("votes"), "votes")),
            "option": table.text("option"),
            "role": table.named("role", Listed.of(practice, "roles")) if "role" in source.columns else "",
            "ballot": table.text("ballot").map(person_code, na_action="ignore") if coded else "",
            "n": ones if coded else table.numbers("n", *whole),
        }
    )
    if coded:
        table.refuse(rows["ballot"].isna(), "ballot", "no ballot", "a code of the voter", "add it")
    for vote in practice.votes:
        of_vote = rows["statement"] == vote.id
        expected = f"one of {', '.join(vote.options)}"
        unknown = of_vote & ~rows["option"].isin(list(vote.options))
        found = f"an option that `{vote.id}` does not have"
        table.refuse(unknown, "option", found, expected, "translate it with recode, or add it to `options`")
    which = ["session", "moment", "statement"]
    kept = once(table, rows, [*which, "ballot"] if coded else [*which, "role", "option"])
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))
