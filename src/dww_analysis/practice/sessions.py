"""All that sources of sessions say: each read by its kind, and everything together as quantities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from dww_analysis.domain.practice import ALL_ROLES, Practice, Quantity
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError, Problem, raise_all
from dww_analysis.practice.acting import fragment_quantities
from dww_analysis.practice.agenda import agenda_items, agenda_quantities, read_agenda
from dww_analysis.practice.attendance import attendance_quantities, read_attendance
from dww_analysis.practice.fragments import Fragments, read_fragments
from dww_analysis.practice.gathered import Gathered, by_session
from dww_analysis.practice.helpful import helpful_quantities, profile_kind, read_of_profile
from dww_analysis.practice.networks import network_kind, network_quantities, read_network_source
from dww_analysis.practice.pasted import block_quantities, read_blocks
from dww_analysis.practice.quantities import ballot_quantities, in_order, vote_quantities
from dww_analysis.practice.reading import Counted, read_ballots, read_votes
from dww_analysis.practice.remarks import (
    agreement_quantities,
    exchange_quantities,
    heard_quantities,
    read_remarks,
    remark_quantities,
)
from dww_analysis.practice.spread import Long, lengthened
from dww_analysis.practice.tallies import read_tallies, tally_quantities

Reader = Callable[..., Counted]
READERS: Mapping[str, Reader] = {
    "attendance": read_attendance,
    "ballots": read_ballots,
    "tallies": read_tallies,
    "votes": read_votes,
    "statements": read_remarks,
    "blocks": read_blocks,
    "agenda": read_agenda,
    "fragments": read_fragments,
}
AT_SESSIONS = tuple(kind for kind in READERS if kind not in ("agenda", "fragments"))
Read = Sequence[tuple[Source, Counted]]


def read_source(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """One delivered table, long or wide, as the tidy rows of its kind; PracticeError with everything that is wrong.

    Messages show words that are in no list: search the table for names of persons before.
    """
    return read_long(lengthened(data, source, lines), practice)


def read_long(long: Long, practice: Practice) -> Counted:
    """A table that is long already as the tidy rows of its kind, as `read_source`."""
    if profile_kind(long.source):
        reader: Reader = read_of_profile
    else:
        reader = read_network_source if network_kind(long.source) else READERS[long.source.kind]
    counted = reader(long.data, long.source, practice, lines=long.lines)
    return replace(counted, notes=long.notes) if long.notes else counted


def practice_quantities(read: Read, practice: Practice, minimum: int, study: str) -> list[Quantity]:
    """Every quantity of the study's sessions and networks, in order of unit, quantity, subject and role.

    read: sources as `read_source` gave them. minimum: the study's smallest group. PracticeError where sources
    contradict each other.
    """
    of_profile = [part for part in read if profile_kind(part[0])]
    of_networks = [part for part in read if network_kind(part[0])]
    of_sessions = [part for part in read if not (profile_kind(part[0]) or network_kind(part[0]))]
    found = {
        kind: by_session(kind, [(source, counted) for source, counted in of_sessions if source.kind == kind])
        for kind in AT_SESSIONS
    }
    there = [q for g in found["attendance"] for q in attendance_quantities(g.counted, g.asked(minimum))]
    present = {(q.unit, q.role): q.value for q in there if not q.suppressed}
    together = {g.session: _together(g, present) for g in found["attendance"]}
    few = {g.session: _not_alone(g, present) for g in found["attendance"]}
    raise_all([*_counted_twice(found), *_more_than_were_there(found, practice)], PracticeError)
    themes, options = practice.ids("themes"), {vote.id: tuple(vote.options) for vote in practice.votes}
    quantities = list(there)
    for g in found["ballots"]:
        own = (present, together.get(g.session, ())) if not g.by_table else ()
        quantities += _of_tables(ballot_quantities(g.counted, themes, g.asked(minimum), *own), g)
    for g in found["tallies"]:
        own_together = together.get(g.session, ())
        quantities += tally_quantities(g.counted, practice, g.asked(minimum), own_together)
    for g in found["votes"]:
        quantities += vote_quantities(g.counted, options, g.asked(minimum))
    for g in found["blocks"]:
        quantities += block_quantities(g.counted, practice.ids("blocks"), g.asked(minimum))
    for g in found["statements"]:
        quantities += remark_quantities(g.counted, g.asked(minimum))
        quantities += exchange_quantities(g, few.get(g.session, ()))
    quantities += agreement_quantities(found["statements"], study, minimum)
    quantities += heard_quantities(found["statements"], practice, study)
    items = agenda_items([(s, counted) for s, counted in read if s.kind == "agenda"], practice)
    quantities += agenda_quantities(items, practice.ids("national"), study)
    quantities += network_quantities(of_networks, practice, minimum, study)
    quantities += helpful_quantities(of_profile, study, minimum)
    told = Fragments.of([(source, counted) for source, counted in read if source.kind == "fragments"])
    quantities += fragment_quantities(told, practice, study, minimum)
    return in_order(quantities)


def _together(attendance: Gathered, present: Mapping[tuple[str, str], float]) -> frozenset[str]:
    """Roles of which it was told in confidence how many were there, and is not shown.

    Choices of one of them alone would tell how many of the others there were: those together minus its ballots.
    """
    return frozenset() if attendance.basis == "open" else _not_alone(attendance, present)


def _not_alone(attendance: Gathered, present: Mapping[tuple[str, str], float]) -> frozenset[str]:
    """Roles of which it is not shown how many were there."""
    roles = attendance.counted.rows["role"].unique()
    return frozenset(str(role) for role in roles if (attendance.session, role) not in present)


def _of_tables(quantities: list[Quantity], gathered: Gathered) -> list[Quantity]:
    """The quantities, of ballots that tables filled in with a word about it."""
    if not gathered.by_table:
        return quantities
    return [q if q.suppressed else replace(q, method=f"{q.method}; ballots of tables") for q in quantities]


def _counted_twice(found: Mapping[str, list[Gathered]]) -> Iterator[Problem]:
    """Sessions of which there are ballots and counted dots: their orders would stand beside each other as one."""
    ballots = {g.session for g in found["ballots"]}
    for g in found["tallies"]:
        if g.session in ballots:
            yield Problem(
                found="ballots and counted dots of one session",
                where=f"session {g.session}",
                expected="one of the two",
                action="leave the dots out where they count the same choices, or make them a session of their own",
            )


def _more_than_were_there(found: Mapping[str, list[Gathered]], practice: Practice) -> Iterator[Problem]:
    """Roles of which more people chose or voted than were there, and sessions with more people than they have room
    for."""
    present = {g.session: g.counted.rows.groupby("role")["present"].sum() for g in found["attendance"]}
    room = {s.id: s.capacity for s in practice.sessions if s.capacity is not None}
    for session, what, voters in _people(found):
        there = present.get(session)
        for role, n in (*voters.items(), (ALL_ROLES, voters.sum())):
            most = np.inf
            if there is not None:
                most = there.sum() if role == ALL_ROLES else there.get(role, np.inf)
            if n > most:
                yield Problem(
                    found=f"{n:.0f} {what} of {role} and {most:.0f} people",
                    where=f"session {session}",
                    expected=f"at most as many {what} as people who were there",
                    action=f"correct the attendance or the {what}, or leave the attendance of this session out",
                )
        if voters.sum() > room.get(session, np.inf):
            yield Problem(
                found=f"{voters.sum():.0f} {what}, and room for {room[session]} people",
                where=f"session {session}",
                expected="at most `capacity` of the session",
                action="correct the file, or `capacity` in practice.yaml",
            )


def _people(found: Mapping[str, list[Gathered]]) -> Iterator[tuple[str, str, pd.Series]]:
    """Session, what was counted, and of how many people of each role ("" where it was not asked)."""
    for g in found["attendance"]:
        yield g.session, "people", g.counted.rows.groupby("role")["present"].sum()
    for g in (g for g in found["ballots"] if not g.by_table):
        yield g.session, "ballots", g.counted.rows.groupby("ballot")["role"].first().value_counts()
    for g in found["tallies"]:
        yield g.session, "voters", g.counted.rows.groupby("role")["voters"].first().dropna()
    for g in found["votes"]:
        votes = g.counted.rows.fillna({"role": ""})
        for (statement, moment), rows in votes.groupby(["statement", "moment"]):
            yield g.session, f"votes on {statement} {moment}", rows.groupby("role")["n"].sum()


def as_table(quantities: Sequence[Quantity]) -> pd.DataFrame:
    """One row a quantity, columns in the order of its fields."""
    columns = list(Quantity.__dataclass_fields__)
    return pd.DataFrame([asdict(q) for q in quantities], columns=columns)
