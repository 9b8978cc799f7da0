"""All that sources say of learning networks, as quantities: each network by itself, nothing over networks together.

One person may be in two networks; as nothing is added up over networks, none follows from another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.networks import FREE_UNITS
from dww_analysis.domain.practice import Practice, Quantity
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError, amount, raise_all
from dww_analysis.practice.cadence import cadence_quantities, came_quantities, member_quantities
from dww_analysis.practice.checked import checklist_quantities
from dww_analysis.practice.gathered import Gathered, by_session, mixed_rounds
from dww_analysis.practice.network_rows import (
    members_of,
    read_checklist,
    read_network_attendance,
    read_ratings,
    read_ties,
)
from dww_analysis.practice.origin import Origin
from dww_analysis.practice.rated import rating_quantities
from dww_analysis.practice.reading import Counted
from dww_analysis.practice.shown import HowAsked, strictest
from dww_analysis.practice.ties import tie_quantities

Reader = Callable[..., Counted]
ATTENDANCE = "network_attendance"
SIZES = (5, 20)  # members of a learning network
TOGETHER = 2  # teams or organisations, of which none is shown by itself
NETWORK_READERS: Mapping[str, Reader] = {
    ATTENDANCE: read_network_attendance,
    "ratings": read_ratings,
    "ties": read_ties,
    "checklist": read_checklist,
}


def network_kind(source: Source) -> str:
    """Which of `NETWORK_READERS` reads a source; "" where it is about sessions without a network, or about
    functions of the practice profile."""
    named = (*source.columns, *source.fixed)
    kind = ATTENDANCE if source.kind == "attendance" and "network" in named else source.kind
    return kind if kind in NETWORK_READERS and "function" not in named else ""


def read_network_source(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """One delivered table about networks as the tidy rows of its kind; PracticeError with everything that is wrong."""
    return NETWORK_READERS[network_kind(source)](data, source, practice, lines=lines)


def network_quantities(
    read: Sequence[tuple[Source, Counted]], practice: Practice, minimum: int, study: str
) -> list[Quantity]:
    """Every quantity of every network, and of check-lists about sessions and, of the study as a whole, about teams or
    organisations. read: sources about networks, as `read_network_source` gave them."""
    found: dict[str, dict[str, Gathered]] = {
        kind: {
            g.session: g for g in by_session(kind, [p for p in read if network_kind(p[0]) == kind], "network")
        }
        for kind in NETWORK_READERS
    }
    if not read:
        return []
    quantities = [q for n in practice.networks for q in _of_network(n.id, found, practice, minimum)]
    quantities += [q for s in practice.sessions for q in _checked(Origin(s.id), found, practice, minimum)]
    return quantities + _over_units(found["checklist"].values(), practice, study, minimum)


def _of_network(
    id: str, found: Mapping[str, Mapping[str, Gathered]], practice: Practice, minimum: int
) -> Iterator[Quantity]:
    network = next(n for n in practice.networks if n.id == id)
    came = found[ATTENDANCE].get(id)
    yield from member_quantities(network)
    if found[ATTENDANCE] or network.planned_sessions:
        yield from cadence_quantities(came.counted if came is not None else None, network)
    if came is not None:
        yield from came_quantities(came.counted, network, came.asked(minimum))
    for kind, quantities in (
        ("ratings", rating_quantities), ("ties", tie_quantities)
    ):  # fmt: skip
        if (own := found[kind].get(id)) is not None:
            yield from quantities(own.counted, network, own.asked(minimum))
    yield from _checked(Origin(id, "network"), found, practice, minimum)


def _checked(
    origin: Origin, found: Mapping[str, Mapping[str, Gathered]], practice: Practice, minimum: int
) -> Iterator[Quantity]:
    """The check-lists that were filled in about one network or session."""
    if (own := found["checklist"].get(origin.unit)) is not None:
        lists = [used.id for used in practice.checklists if used.unit == origin.level]
        rows = own.counted.rows[own.counted.rows["checklist"].isin(lists)]
        yield from checklist_quantities(
            Counted(rows, own.counted.repeated), replace(origin, asked=own.asked(minimum))
        )


def _over_units(gathered: Iterable[Gathered], practice: Practice, study: str, minimum: int) -> list[Quantity]:
    """The check-lists about teams or organisations, all of these together: none of them is shown by itself.

    `checklist_units` (subject: the check-list) is about how many it was filled in."""
    found: list[Quantity] = []
    for id in [used.id for used in practice.checklists if used.unit in FREE_UNITS]:
        own = [(g.basis, rows) for g in gathered if len(rows := _about(g.counted.rows, id))]
        if not own:
            continue
        raise_all(list(mixed_rounds([rows for _, rows in own], f"check-list {id}")), PracticeError)
        rows = pd.concat([rows for _, rows in own], ignore_index=True)
        origin = Origin(study, "study", HowAsked(strictest(basis for basis, _ in own), minimum))
        counted = checklist_quantities(Counted(rows, 0), origin, TOGETHER)
        if not all(q.suppressed for q in counted):
            units, raters = rows["network"].nunique(), rows["rater"].nunique()
            more: dict[str, Any] = {"n": float(raters), "method": "units counted"}
            found.append(origin.quantity("checklist_units", float(units), id, **more))
        found += counted
    return found


def _about(rows: pd.DataFrame, checklist: str) -> pd.DataFrame:
    return rows[rows["checklist"] == checklist]


def network_lines(read: Sequence[tuple[Source, Counted]], practice: Practice) -> list[str]:
    """What a careful reader wants to see: networks without sessions, unusual sizes, persons who are no members."""
    if not read:
        return []
    met = {
        id for s, counted in read if network_kind(s) == ATTENDANCE for id in counted.rows["network"].unique()
    }
    lines = [f"network {n.id}: no session was counted" for n in practice.networks if n.id not in met]
    for network in practice.networks:
        n = len(network.members)
        if n and not SIZES[0] <= n <= SIZES[1]:
            lines.append(
                f"network {network.id}: {n} members; a learning network has {SIZES[0]} to {SIZES[1]}"
            )
    for source, counted in read:
        if "person" in counted.rows and (strange := _no_members(counted.rows, practice)):
            lines.append(
                f"{source.id}: {amount(strange, 'person is no member', 'persons are no members')} of their network"
            )
    return lines


def _no_members(rows: pd.DataFrame, practice: Practice) -> int:
    """Persons of networks with members who are none of these."""
    members = {n.id: set(members_of(n)) for n in practice.networks if n.members}
    persons = rows.loc[rows["person"] != "", ["network", "person"]].drop_duplicates()
    return sum(n in members and p not in members[n] for n, p in persons.itertuples(index=False))
