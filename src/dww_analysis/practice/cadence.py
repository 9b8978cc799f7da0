"""How often a network met, with what gaps, who is in it and who is still there.

That sessions were held, and who is a member in which role, is known to all in the network and no answer of anybody:
these rows are open. Who came is as the source says.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dww_analysis.domain.networks import Network
from dww_analysis.domain.practice import ALL_ROLES, NAN, OTHERS, Quantity
from dww_analysis.domain.study import Basis
from dww_analysis.practice.quantities import hidden_of, quantity_of
from dww_analysis.practice.reading import Counted
from dww_analysis.practice.shown import fewest, is_small, shown_roles

LEVEL = "network"
GAP = 1.5  # times the planned weeks between two sessions: longer is a gap


def moments(weeks: float, every_weeks: int) -> int:
    """How many sessions a period holds, the first at its start: `moments(78, 6)` (18 months) is 14."""
    return int(weeks // every_weeks) + 1


def weeks_between(days: pd.Series) -> pd.Series:
    """Weeks from each session to the next. days: ISO dates, each once."""
    dates = pd.to_datetime(pd.Series(sorted(days)))
    return dates.diff().dropna().dt.days / 7


def member_quantities(network: Network) -> list[Quantity]:
    """How many are in the network (`members`): all, by role, by decision level and leaning (subject level:board).

    Roles of fewer than three are taken together; of levels and leanings those of fewer than three are not shown alone.
    """
    if not network.members:
        return []
    found = [_fact(network, "members", "", float(len(network.members)), "practice.yaml")]
    groups = shown_roles(pd.Series([m.role for m in network.members], dtype="object"), "open", 0)
    if groups is not None and groups.nunique() > 1:
        found += [
            _fact(network, "members", "", float(n), "practice.yaml", role=str(role))
            for role, n in sorted(groups.value_counts().items())
        ]
    for name in ("level", "leans"):
        told = pd.Series([getattr(m, name) for m in network.members], dtype="object")
        if told.notna().all():
            parts = shown_roles(told, "open", 0)
            if parts is not None and not (parts == OTHERS).all():
                found += [
                    _fact(network, "members", f"{name}:{part}", float(n), "practice.yaml")
                    for part, n in sorted(parts.value_counts().items())
                ]
    return found


def cadence_quantities(counted: Counted | None, network: Network) -> list[Quantity]:
    """Sessions planned and held, the longest gap in weeks, how many gaps; hours together where minutes were noted."""
    planned = float(network.planned_sessions or NAN)
    found = [] if planned != planned else [_fact(network, "sessions_planned", "", planned, "practice.yaml")]
    if counted is None:
        return [*found, _fact(network, "sessions_held", "", 0.0, "sessions counted")]
    sessions = counted.rows.groupby("session").agg({"day": "first", "minutes": "max"})
    found.append(_fact(network, "sessions_held", "", float(len(sessions)), "sessions counted"))
    weeks = weeks_between(sessions["day"])
    if len(weeks):
        found.append(
            _fact(network, "longest_gap_weeks", "", float(weeks.max()), "weeks between two sessions")
        )
        if network.every_weeks:
            gaps = float((weeks > GAP * network.every_weeks).sum())
            how = f"over {GAP * network.every_weeks:g} weeks between two sessions"
            found.append(_fact(network, "gaps", "", gaps, how))
    if sessions["minutes"].notna().all():
        hours = float(sessions["minutes"].sum() / 60)
        found.append(_fact(network, "hours_together", "", hours, "the longest stay of each session"))
    return found


def _fact(
    network: Network, quantity: str, subject: str, value: float, method: str, role: str = ALL_ROLES
) -> Quantity:
    n = float(len(network.members) or NAN)
    return quantity_of(
        network.id, subject, role, quantity, value, "open", unit_level=LEVEL, method=method, n=n
    )


def came_quantities(counted: Counted, network: Network, basis: Basis, minimum: int) -> list[Quantity]:
    """How many came to each session (`came`, subject its number in order of time), and of those of the first one how
    many were at the last (`still_there`), which needs codes of persons. Of open sources also which session was the
    last that somebody of a role came to (`last_came`), of roles of three members at least."""
    rows, members = counted.rows, float(len(network.members) or NAN)
    days = rows.groupby("session")["day"].first().reset_index().sort_values(["day", "session"])
    found = []
    for number, session in enumerate(days["session"], 1):
        n = float(rows.loc[rows["session"] == session, "present"].sum())
        if n < fewest(basis, minimum):
            found.append(hidden_of(network.id, str(number), ALL_ROLES, "came", basis, unit_level=LEVEL))
            continue
        found.append(
            quantity_of(
                network.id, str(number), ALL_ROLES, "came", n, basis, unit_level=LEVEL, method="people counted", n=n,
                n_possible=members,
            )
        )  # fmt: skip
    if basis == "open":
        found += _last_came(rows, list(days["session"]), network)
    if len(days) > 1 and (rows["person"] != "").all():
        found += _still_there(rows, list(days["session"]), network, basis, minimum)
    return found


def _last_came(rows: pd.DataFrame, sessions: list[str], network: Network) -> Iterator[Quantity]:
    roles = pd.Series([m.role for m in network.members], dtype="object")
    sizes = roles.value_counts()
    for role in sorted(sizes.index[sizes >= fewest("open", 0)]):
        came = set(rows.loc[(rows["role"] == role) & (rows["present"] > 0), "session"])
        last = max((number for number, s in enumerate(sessions, 1) if s in came), default=0)
        yield quantity_of(
            network.id, "", str(role), "last_came", float(last), "open", unit_level=LEVEL,
            method="number of the session", n=float(sizes[role]),
        )  # fmt: skip


def _still_there(
    rows: pd.DataFrame, sessions: list[str], network: Network, basis: Basis, minimum: int
) -> Iterator[Quantity]:
    first, last = (set(rows.loc[rows["session"] == s, "person"]) for s in (sessions[0], sessions[-1]))
    n, still = len(first), len(first & last)
    small = bool(is_small(np.array([float(still)]), n, minimum)[0])
    new = len(last - first)
    if n < fewest(basis, minimum) or (basis == "private" and (small or 0 < new < minimum)):
        yield hidden_of(network.id, "", ALL_ROLES, "still_there", basis, unit_level=LEVEL)
        return
    yield quantity_of(
        network.id, "", ALL_ROLES, "still_there", float(still), basis, unit_level=LEVEL,
        method="of the first session, at the last", n=float(n),
    )  # fmt: skip
