"""Delivered rows about learning networks, to tidy tables: ratings, ties, check-lists and who came to which session.

Codes of persons are compared and go no further; words of a rating (strong, gap, take, leave, step) are counted as given
or not, and not kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import fold, person_code
from dww_analysis.domain.networks import (
    FREE_UNITS,
    HIGHEST_RATING,
    LOWEST_RATING,
    METS,
    ChecklistUnit,
    Network,
)
from dww_analysis.domain.practice import Practice
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice.checklists import items_of
from dww_analysis.practice.delivered import Delivered, Listed
from dww_analysis.practice.reading import CELLS, Counted, is_coded, once

NOTED = ("strong", "gap", "take", "leave", "step")  # words of a rating of which only counts go further
DONE = {"ja": 1.0, "yes": 1.0, "1": 1.0, "true": 1.0, "nee": 0.0, "no": 0.0, "0": 0.0, "false": 0.0}
MET_WORDS: Mapping[str, str] = {
    **dict(zip(METS, METS, strict=True)),
    "ja": "yes",
    "deels": "partly",
    "gedeeltelijk": "partly",
    "nee": "no",
    "onbekend": "unknown",
    "niet gezien": "unknown",
    "not seen": "unknown",
}
WHOLE = CELLS["points"]


def members_of(network: Network) -> dict[str, str]:
    """Code of every member, in one spelling -> role."""
    return {person_code(m.person): m.role for m in network.members}


def read_ratings(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of network, round, person, role, example, rating, `NOTED` (whether something was written) and step_done.

    Columns of `source.columns`: network (or unit, also a network's id), round, person, rating; role where a rater may
    be no member; example where one person may rate several; `NOTED`; step_done (yes or no). Raises one PracticeError:
    ids that are not in practice.yaml, ratings outside 0 to 10, one person with two ratings of one example in a round, a
    person in two roles, a step that is done and was never named.
    """
    network = _one_of(source, "network", "unit")
    table = Delivered.of(data, source, lines, (network, "round", "person", "rating"))
    scale = f"a number from {LOWEST_RATING:g} to {HIGHEST_RATING:g}"
    rows = pd.DataFrame(
        {
            "network": table.named(network, Listed.of(practice, "networks")),
            "round": table.rounds(),
            "person": _codes(table, "person", "person"),
            "example": table.text("example").fillna(""),
            "rating": table.numbers(
                "rating", scale, lambda v: v.between(LOWEST_RATING, HIGHEST_RATING), absent=True
            ),
            **{name: table.text(name).notna() for name in NOTED if name in source.columns},
        }
    )
    rows["role"] = _roles(table, rows, practice)
    rows["step_done"] = _done(table)
    if "step" in rows:
        never = rows["step_done"].notna() & ~rows["step"]
        table.refuse(
            never, "step_done", "a step that was never named", "`step` beside `step_done`", "correct it"
        )
    kept = once(table, rows, ["network", "round", "example", "person"])
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def read_ties(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of network, round, relation, from, to ("" where somebody said nobody) and strength (0: no contact).

    Columns of `source.columns`: network, from, to, relation; round where it was asked more than once; strength. A
    member with a row whose `to` is empty said nobody; one without any row was silent. Raises one PracticeError: ids
    that are not in practice.yaml, a tie with oneself or with somebody who is no member, one tie said twice differently.
    """
    table = Delivered.of(data, source, lines, ("network", "from", "to", "relation"))
    strong = "strength" in source.columns
    rows = pd.DataFrame(
        {
            "network": table.named("network", Listed.of(practice, "networks")),
            "round": table.rounds(),
            "relation": table.text("relation").fillna(""),
            "from": _codes(table, "from", "person"),
            "to": table.text("to").map(person_code, na_action="ignore").fillna(""),
            "strength": table.numbers("strength", "0 or more", lambda v: v >= 0, absent=True)
            if strong
            else np.nan,
        }
    )
    _relations(table, rows, practice.ids("relations"))
    _between_members(table, rows, practice)
    kept = once(table, rows, ["network", "round", "relation", "to", "from"])
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def _relations(table: Delivered, rows: pd.DataFrame, known: Collection[str]) -> None:
    named = rows["relation"] != ""
    table.refuse(~named & (rows["to"] != ""), "relation", "no relation", "an id of relations", "add it")
    other = named & ~rows["relation"].isin(list(known))
    expected = f"one of {', '.join(known)}"
    table.refuse(
        other, "relation", "a relation that is not in the list", expected, "translate it with recode"
    )


def _between_members(table: Delivered, rows: pd.DataFrame, practice: Practice) -> None:
    """Ties of a member with another member, and nothing else."""
    inside = {(n.id, person) for n in practice.networks for person in members_of(n)}
    action = (
        "correct the code, add the person to `members` in practice.yaml, or leave the row out with drop_rows"
    )
    for column in ("from", "to"):
        there = pd.Series(list(zip(rows["network"], rows[column], strict=True)), index=rows.index)
        known = rows["network"].notna() & rows[column].notna() & (rows[column] != "")
        strange = known & ~there.isin(inside)
        table.refuse(strange, column, "a tie with somebody who is no member", "codes of `members`", action)
    self_named = rows["from"].notna() & (rows["from"] == rows["to"])
    table.refuse(
        self_named, "to", "a tie with oneself", "another member", "correct the code, or leave the row out"
    )


def read_checklist(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of network, round, checklist, item, rater and met (yes, partly, no, unknown).

    Columns of `source.columns`: unit (id of a network, or of a session where a check-list has `unit: session`; any code
    where it has `unit: team` or `organisation`), rater, item, met; round where it was filled in more than once;
    evidence, which goes no further. Raises one PracticeError: ids and words that are not known, an item of a check-list
    that is not for such a unit, one item about one unit twice by one rater in a round.
    """
    table = Delivered.of(data, source, lines, ("unit", "rater", "item", "met"))
    lists = {(used.unit, item): used.id for used in practice.checklists for item in items_of(used.id)}
    free = {item: unit for unit, item in lists if unit in FREE_UNITS}
    units: dict[str, ChecklistUnit] = dict.fromkeys(practice.ids("networks"), "network")
    if any(used.unit == "session" for used in practice.checklists):
        units |= dict.fromkeys(practice.ids("sessions"), "session")
    met = table.text("met").map(lambda word: MET_WORDS.get(fold(word), word), na_action="ignore")
    known = tuple(dict.fromkeys(item for _, item in lists))
    rows = pd.DataFrame(
        {
            "network": _units(table, tuple(units), free),
            "round": table.rounds(),
            "item": table.named("item", Listed("item", known, "the check-lists of practice.yaml")),
            "rater": _codes(table, "rater", "rater"),
            "met": met.fillna("unknown"),
        }
    )
    level = rows["item"].map(free).fillna(rows["network"].map(units))
    rows["checklist"] = [lists.get(key, "") for key in zip(level, rows["item"], strict=True)]
    elsewhere = rows["item"].isin(known) & level.notna() & (rows["checklist"] == "")
    table.refuse(
        elsewhere, "item", "items of a check-list that is not for such a unit", "items of a check-list of that `unit`",
        "correct `unit` of the row, or add the check-list with that `unit` to practice.yaml",
    )  # fmt: skip
    table.refuse(
        ~rows["met"].isin(METS), "met", "words that say nothing of an item", f"one of {', '.join(METS)}",
        "translate them with `recode: {met: ...}`",
    )  # fmt: skip
    twice = rows.duplicated(["network", "round", "item", "rater"], keep=False) & ~rows.duplicated(keep=False)
    table.refuse(
        twice,
        "item",
        "one item twice by one rater",
        "each item once",
        "correct the file; equal rows count once",
    )
    table.done()
    kept = ~rows.duplicated()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def _units(table: Delivered, known: tuple[str, ...], free: Collection[str]) -> pd.Series:
    """What points are about: a network or session, or any code where their check-list is about teams or organisations.

    free: the points of these check-lists."""
    anything = table.text("item").isin(list(free))
    named = table.named(
        "unit", Listed("network or session", known, "networks or sessions"), anything, anything
    )
    table.refuse(
        anything & named.isna(), "unit", "no team or organisation", "its code", "add it, or use drop_rows"
    )
    return named.mask(anything, named.map(person_code, na_action="ignore"))


def read_network_attendance(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of network, session, day (ISO date), role, person ("" where a row is a count), present, minutes.

    Columns of `source.columns`: network, session (any code), date, role, and either person or present; organisation (as
    in `members`); minutes. Raises one PracticeError: ids that are not in practice.yaml, a session without a date or
    with two, counts that cannot be, more people of a role, or in all, than the network has, another organisation than
    in practice.yaml.
    """
    coded = is_coded(source, "person (a code in each row)", "present (how many of the role)")
    role = ("role",) if not coded else ()
    table = Delivered.of(
        data, source, lines, ("network", "session", "date", *role, "person" if coded else "present")
    )
    ones = pd.Series(1.0, index=range(len(table.data)))
    day = table.days("date")
    rows = pd.DataFrame(
        {
            "network": table.named("network", Listed.of(practice, "networks")),
            "session": table.text("session"),
            "day": day.where(day.str.fullmatch(r"\d{4}-\d{2}-\d{2}")),
            "person": _codes(table, "person", "person") if coded else "",
            "present": ones if coded else table.numbers("present", *WHOLE),
            "minutes": table.numbers("minutes", *WHOLE, absent=True)
            if "minutes" in source.columns
            else np.nan,
        }
    )
    _needed(table, rows["session"], "session")
    table.refuse(rows["day"].isna(), "date", "a session without a date", "YYYY-MM-DD", "add or correct it")
    by = [rows["network"], rows["session"]]
    two = rows["day"].groupby(by).transform("nunique") > 1
    table.refuse(
        two, "date", "two dates of one session", "one date", "correct it, or number the sessions anew"
    )
    rows["role"] = _roles(table, rows, practice)
    kept = once(table, rows, ["network", "session", "person"] if coded else ["network", "session", "role"])
    _within_capacity(table, rows, kept, practice)
    _same_organisation(table, rows, practice)
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def _within_capacity(table: Delivered, rows: pd.DataFrame, kept: pd.Series, practice: Practice) -> None:
    """No more people at a session than the network has, of a role that was counted and in all."""
    present = rows["present"].where(kept, 0)
    networks = {n.id: list(members_of(n).values()) for n in practice.networks}
    most = rows["network"].map({id: len(roles) or np.inf for id, roles in networks.items()}).astype(float)
    here = present.groupby([rows["network"], rows["session"]]).transform("sum")
    expected, action = "at most the members in practice.yaml", "correct the count, or add members"
    over = here > most
    table.refuse(over & kept, "session", "more people at a session than the network has", expected, action)
    counted = rows["person"] == ""
    own = pd.Series(
        [
            networks[n].count(r) if isinstance(n, str) and networks.get(n) else np.inf
            for n, r in zip(rows["network"], rows["role"], strict=True)
        ],
        index=rows.index,
        dtype=float,
    )
    table.refuse(
        counted & (present > own) & ~over, "present", "more people of a role than the network has", expected, action
    )  # fmt: skip


def _same_organisation(table: Delivered, rows: pd.DataFrame, practice: Practice) -> None:
    if "organisation" not in table.source.columns or (rows["person"] == "").all():
        return
    meant = {
        (n.id, person_code(m.person)): m.organisation
        for n in practice.networks
        for m in n.members
        if m.organisation
    }
    said = table.text("organisation")
    known = pd.Series(
        [meant.get(key) for key in zip(rows["network"], rows["person"], strict=True)],
        index=rows.index,
        dtype="str",
    )
    other = (
        known.notna()
        & said.notna()
        & (known.map(fold, na_action="ignore") != said.map(fold, na_action="ignore"))
    )
    action = "correct it there, or `organisation` of the member in practice.yaml"
    table.refuse(other, "organisation", "another organisation than the member's", "the same", action)


def _one_of(source: Source, *names: str) -> str:
    given = [name for name in names if name in source.columns]
    if len(given) == 1:
        return given[0]
    raise PracticeError.of(
        found=f"`columns` names {' and '.join(given) if given else 'none of them'}",
        where=f"source {source.id}", expected=f"one of {', '.join(names)}", action="name one in sources.yaml",
    )  # fmt: skip


def _codes(table: Delivered, ours: str, what: str) -> pd.Series:
    """A column of codes in one spelling; a problem where one is absent."""
    codes = table.text(ours).map(person_code, na_action="ignore")
    table.refuse(codes.isna(), ours, f"no {what}", "a code in every row", "add it, or use drop_rows")
    return codes


def _needed(table: Delivered, cells: pd.Series, ours: str) -> None:
    table.refuse(cells.isna(), ours, f"no {ours}", "one in every row", "add it, or use drop_rows")


def _roles(table: Delivered, rows: pd.DataFrame, practice: Practice) -> pd.Series:
    """The role of each row: as delivered, otherwise the member's; "" of somebody who is neither.

    A problem where a member has another role than in practice.yaml.
    """
    of_member: Mapping[tuple[str, str], str] = {
        (n.id, person): role for n in practice.networks for person, role in members_of(n).items()
    }
    own = pd.Series(
        [of_member.get(key, "") for key in zip(rows["network"], rows["person"], strict=True)],
        index=rows.index,
        dtype="str",
    )
    if "role" not in table.source.columns:
        return own
    said = table.named("role", Listed.of(practice, "roles"))
    other = (own != "") & said.notna() & (own != said)
    action = "correct it there, or `role` of the member in practice.yaml"
    table.refuse(other, "role", "another role than the member's", "the same", action)
    return said


def _done(table: Delivered) -> pd.Series:
    """1 and 0 of a step that was done or not; NaN where nothing is said."""
    texts = table.text("step_done")
    done = texts.map(lambda word: DONE.get(fold(word), np.nan), na_action="ignore").astype("float64")
    table.refuse(
        texts.notna() & done.isna(), "step_done", "words that do not say whether a step was done", "yes or no",
        "translate them with `recode: {step_done: ...}`",
    )  # fmt: skip
    return done
