"""Who was at a session, by role: read, checked and counted. Codes of persons are compared and go no further."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import person_code
from dww_analysis.domain.practice import ALL_ROLES, Practice, Quantity
from dww_analysis.domain.study import Source
from dww_analysis.practice.delivered import Delivered, Listed
from dww_analysis.practice.origin import Origin
from dww_analysis.practice.quantities import in_order
from dww_analysis.practice.reading import CELLS, Counted, is_coded, once, one_role
from dww_analysis.practice.shown import HowAsked, shown_roles


def read_attendance(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of session, role, person ("" where a row is a count) and present.

    Columns of `source.columns`: session, role, and either person (a code) or present (how many of the role); date, if
    it is given, is the session's. Raises one PracticeError: ids that are not in practice.yaml, another date than the
    session's, counts that cannot be, a person in two roles, a role counted twice, more people than `capacity`.
    """
    coded = is_coded(source, "person (a code in each row)", "present (how many of the role)")
    table = Delivered.of(data, source, lines, ("session", "role", "person" if coded else "present"))
    ones = pd.Series(1.0, index=range(len(table.data)))
    rows = pd.DataFrame(
        {
            "session": table.named("session", Listed.of(practice, "sessions")),
            "role": table.named("role", Listed.of(practice, "roles")),
            "person": table.text("person").map(person_code, na_action="ignore") if coded else "",
            "present": ones if coded else table.numbers("present", *CELLS["points"]),
        }
    )
    if coded:
        table.refuse(rows["person"].isna(), "person", "no person", "a code in every row", "use `present`")
    if "date" in source.columns:
        _same_date(table, rows["session"], practice)
    kept = once(table, rows, ["session", "person", "role"] if coded else ["session", "role"])
    if coded:
        one_role(table, rows, kept, "person")
    _within_capacity(table, rows, kept, practice)
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def _within_capacity(table: Delivered, rows: pd.DataFrame, kept: pd.Series, practice: Practice) -> None:
    """No more people at a session than there was room for."""
    room = rows["session"].map({s.id: s.capacity for s in practice.sessions}).astype(float)
    here = rows["present"].where(kept, 0).groupby(rows["session"]).transform("sum")
    expected, action = (
        "at most `capacity` of the session",
        "correct the count, or `capacity` in practice.yaml",
    )
    column = "present" if (rows["person"] == "").all() else "person"
    table.refuse(
        (here > room) & kept, column, "more people at a session than it has room for", expected, action
    )


def _same_date(table: Delivered, sessions: pd.Series, practice: Practice) -> None:
    """Rows whose date is not that of their session."""
    meant = sessions.map({s.id: s.date for s in practice.sessions})
    given = table.days("date")
    other = given.notna() & meant.notna() & (given != meant)
    action = "correct the date there, or `date` of the session in practice.yaml"
    table.refuse(other, "date", "another date than the session's", "the date of the session", action)


def attendance_quantities(counted: Counted, asked: HowAsked) -> list[Quantity]:
    """How many were there (`present`), all together and by role; roles of too few people together."""
    found: list[Quantity] = []
    for session, rows in counted.rows.groupby("session"):
        found += _session(Origin(str(session), asked=asked), rows.groupby("role")["present"].sum())
    return in_order(found)


def _session(origin: Origin, present: pd.Series) -> Iterator[Quantity]:
    people = pd.Series(np.repeat(present.index.to_numpy(dtype=object), present.astype(int)), dtype="object")
    groups = shown_roles(people, origin.asked)
    if groups is None:
        yield origin.hidden("present")
        return
    for role, count in ((ALL_ROLES, len(people)), *groups.value_counts().items()):
        yield origin.quantity("present", float(count), role=str(role), n=float(count), method="count")
