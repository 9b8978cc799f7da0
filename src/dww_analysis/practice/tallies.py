"""Dots that were counted on the wall: read, checked and counted by role. Whose dots they are, nobody knows any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from dww_analysis.domain.practice import ALL_ROLES, NAN, Practice, Quantity, Session
from dww_analysis.domain.study import Source
from dww_analysis.practice.delivered import Delivered, Listed
from dww_analysis.practice.orders import two_step
from dww_analysis.practice.origin import Origin
from dww_analysis.practice.quantities import (
    concordance,
    in_order,
    named_roles,
    of_roles,
)
from dww_analysis.practice.reading import CELLS, Counted, once
from dww_analysis.practice.shares import equal_weight, wilson
from dww_analysis.practice.shown import HowAsked, hidden_counts, is_small, shown_roles


def read_tallies(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of session, role, theme, dots and voters (NaN where it was not counted).

    Columns of `source.columns`: session, role, theme, dots, and voters where nobody could give a theme two dots. Raises
    one PracticeError: ids that are not in practice.yaml, counts that cannot be, one theme counted twice, two numbers of
    voters of one role, more dots for a theme than voters, more dots of a role than `choose` allows its voters.
    """
    table = Delivered.of(data, source, lines, ("session", "role", "theme", "dots"))
    counted = "voters" in source.columns
    absent = pd.Series(np.nan, index=range(len(table.data)))
    voters = "a whole number, 1 or more", lambda v: (v >= 1) & (v % 1 == 0)
    rows = pd.DataFrame(
        {
            "session": table.named("session", Listed.of(practice, "sessions")),
            "role": table.named("role", Listed.of(practice, "roles")),
            "theme": table.named("theme", Listed.of(practice, "themes")),
            "dots": table.numbers("dots", *CELLS["points"]),
            "voters": table.numbers("voters", *voters, absent=True) if counted else absent,
        }
    )
    kept = once(table, rows, ["session", "role", "theme"])
    _within_voters(table, rows, kept, practice)
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def _within_voters(table: Delivered, rows: pd.DataFrame, kept: pd.Series, practice: Practice) -> None:
    """Voters that differ within a role, and dots that so many voters cannot have given."""
    by = [rows["session"], rows["role"]]
    several = rows["voters"].groupby(by).transform("nunique") > 1
    table.refuse(
        several & kept, "voters", "two numbers of voters of one role", "one for each role", "correct it"
    )
    over = rows["dots"] > rows["voters"]
    action = "correct the count; where a voter could give one theme two dots leave `voters` out of `columns`"
    table.refuse(
        over & kept, "dots", "more dots for a theme than voters", "a dot of each voter at most", action
    )
    choose = rows["session"].map({s.id: s.choose for s in practice.sessions}).astype(float)
    given = rows["dots"].where(kept, 0).groupby(by).transform("sum")
    many = given > choose * rows["voters"]
    expected = "at most `choose` of the session times the voters of the role"
    action = "correct the count, the voters, or `choose` in practice.yaml"
    table.refuse(many & kept, "dots", "more dots of a role than its voters may give", expected, action)


def tally_quantities(
    counted: Counted, practice: Practice, asked: HowAsked, together: Collection[str] = ()
) -> list[Quantity]:
    """Dots by theme and role, the two-step order and the agreement of roles; shares where the voters were counted.

    Themes without a row in the session were not on its wall. A role of which the voters were not counted has at least
    as many as its dots divided by `choose`, and at least one. Roles of too few are taken together, and with them those
    in `together`; of what was asked in
    confidence numbers by role are shown only where no theme has the dots of few, or of all but few, otherwise totals.
    """
    sessions = {s.id: s for s in practice.sessions}
    found: list[Quantity] = []
    for name, rows in counted.rows.groupby("session"):
        found += _session(sessions[str(name)], rows, practice.ids("themes"), asked, together)
    return in_order(found)


def _session(
    session: Session,
    rows: pd.DataFrame,
    themes: tuple[str, ...],
    asked: HowAsked,
    together: Collection[str],
) -> Iterator[Quantity]:
    offered = [theme for theme in themes if theme in set(rows["theme"])]
    dots = rows.pivot(index="role", columns="theme", values="dots").reindex(columns=offered).fillna(0)
    voters = rows.groupby("role")["voters"].first().reindex(dots.index)
    least = _least(dots, voters, session.choose)
    people = pd.Series(np.repeat(dots.index.to_numpy(dtype=object), least), dtype="object")
    groups = shown_roles(people, asked, together)
    origin = Origin(session.id, asked=asked)
    if groups is None:
        yield from (origin.hidden("dots", theme) for theme in offered)
        return
    group = pd.Series(groups.to_numpy(), index=people.to_numpy()).groupby(level=0).first().reindex(dots.index)
    by_group, of_group = dots.groupby(group).sum(), voters.groupby(group).sum(min_count=1)
    of_group = of_group.mask(voters.isna().groupby(group).any())
    sizes = groups.value_counts().reindex(by_group.index)
    if any(
        is_small(by_group.loc[g].to_numpy(float), float(sizes[g]), asked.hidden_below).any()
        for g in by_group.index
    ):
        yield from _totals(origin, dots.sum(), len(people))
        return
    yield from _by_group(origin, by_group, of_group)


def _least(dots: pd.DataFrame, voters: pd.Series, choose: int | None) -> np.ndarray:
    """The fewest people that each role can have been; nobody where it gave no dots and nobody counted voters."""
    given = dots.sum(axis=1)
    told = np.ceil(given / choose) if choose else (given > 0).astype(float)
    return voters.fillna(told).to_numpy(int)


def _totals(origin: Origin, dots: pd.Series, least: int) -> Iterator[Quantity]:
    hidden = hidden_counts(dots, least, origin.asked.hidden_below)
    for theme, count in dots.items():
        if hidden[theme]:
            yield origin.hidden("dots", str(theme))
        else:
            yield _dots(origin, str(theme), ALL_ROLES, float(count), float(least))


def _dots(origin: Origin, theme: str, role: str, count: float, n: float) -> Quantity:
    return origin.quantity("dots", count, theme, role, n=n, method="dots counted")


def _by_group(origin: Origin, dots: pd.DataFrame, voters: pd.Series) -> Iterator[Quantity]:
    n = float(voters.sum()) if voters.notna().all() else NAN
    for theme, points in two_step(dots).items():
        for role, count in dots[theme].items():
            yield _dots(origin, str(theme), str(role), float(count), float(voters[role]))
            if voters[role] == voters[role]:
                yield origin.share("share", wilson(int(count), int(voters[role])), str(theme), str(role))
        yield origin.quantity("two_step", float(points), str(theme), n=n, method="two-step")
    if n == n:
        for theme, mean in equal_weight(dots.div(voters, axis=0)).items():
            yield origin.quantity("share_equal_weight", mean, str(theme), n=n, method=of_roles(len(dots)))
    yield from concordance(origin, named_roles(dots), n)
