"""How often a network met, with what gaps, who is in it and who is still there.

That sessions were held, and who is a member in which role, is known to all in the network and no answer of anybody:
these rows are open. Who came is as the source says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pandas as pd

from dww_analysis.domain.networks import Network
from dww_analysis.domain.practice import NAN, OTHERS, Quantity
from dww_analysis.practice.origin import Origin
from dww_analysis.practice.reading import Counted
from dww_analysis.practice.shown import OPENLY, HowAsked, shown_roles

LISTED = "practice.yaml"
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
    fact = _facts(network)
    found = [fact("members", float(len(network.members)), method=LISTED)]
    groups = shown_roles(pd.Series([m.role for m in network.members], dtype="object"), OPENLY)
    if groups is not None and groups.nunique() > 1:
        found += [
            fact("members", float(n), method=LISTED, role=str(role))
            for role, n in sorted(groups.value_counts().items())
        ]
    for name in ("level", "leans"):
        told = pd.Series([getattr(m, name) for m in network.members], dtype="object")
        if told.notna().all():
            parts = shown_roles(told, OPENLY)
            if parts is not None and not (parts == OTHERS).all():
                found += [
                    fact("members", float(n), subject=f"{name}:{part}", method=LISTED)
                    for part, n in sorted(parts.value_counts().items())
                ]
    return found


def cadence_quantities(counted: Counted | None, network: Network) -> list[Quantity]:
    """Sessions planned and held, the longest gap in weeks, how many gaps; hours together where minutes were noted."""
    fact = _facts(network)
    planned = float(network.planned_sessions or NAN)
    found = [] if planned != planned else [fact("sessions_planned", planned, method=LISTED)]
    if counted is None:
        return [*found, fact("sessions_held", 0.0, method="sessions counted")]
    sessions = counted.rows.groupby("session").agg({"day": "first", "minutes": "max"})
    found.append(fact("sessions_held", float(len(sessions)), method="sessions counted"))
    weeks = weeks_between(sessions["day"])
    if len(weeks):
        found.append(fact("longest_gap_weeks", float(weeks.max()), method="weeks between two sessions"))
        if network.every_weeks:
            gaps = float((weeks > GAP * network.every_weeks).sum())
            how = f"over {GAP * network.every_weeks:g} weeks between two sessions"
            found.append(fact("gaps", gaps, method=how))
    if sessions["minutes"].notna().all():
        hours = float(sessions["minutes"].sum() / 60)
        found.append(fact("hours_together", hours, method="the longest stay of each session"))
    return found


def _facts(network: Network) -> Callable[..., Quantity]:
    """What makes rows that everybody in the network knows, each beside how many members it has."""
    return partial(Origin(network.id, "network").quantity, n=float(len(network.members) or NAN))


def came_quantities(counted: Counted, network: Network, asked: HowAsked) -> list[Quantity]:
    """How many came to each session (`came`, subject its number in order of time), and of those of the first one how
    many were at the last (`still_there`), which needs codes of persons. Of open sources also which session was the
    last that somebody of a role came to (`last_came`), of roles of three members at least."""
    rows = counted.rows
    origin = Origin(network.id, "network", asked, float(len(network.members) or NAN))
    days = rows.groupby("session")["day"].first().reset_index().sort_values(["day", "session"])
    found = []
    for number, session in enumerate(days["session"], 1):
        n = float(rows.loc[rows["session"] == session, "present"].sum())
        if n < asked.fewest:
            found.append(origin.hidden("came", str(number)))
            continue
        own: dict[str, Any] = {"method": "people counted", "n": n, "n_possible": origin.possible}
        found.append(origin.quantity("came", n, str(number), **own))
    if not asked.private:
        found += _last_came(rows, list(days["session"]), network)
    if len(days) > 1 and (rows["person"] != "").all():
        found += _still_there(origin, rows, list(days["session"]))
    return found


def _last_came(rows: pd.DataFrame, sessions: list[str], network: Network) -> Iterator[Quantity]:
    roles = pd.Series([m.role for m in network.members], dtype="object")
    sizes = roles.value_counts()
    for role in sorted(sizes.index[sizes >= OPENLY.fewest]):
        came = set(rows.loc[(rows["role"] == role) & (rows["present"] > 0), "session"])
        last = max((number for number, s in enumerate(sessions, 1) if s in came), default=0)
        own: dict[str, Any] = {"method": "number of the session", "n": float(sizes[role])}
        yield Origin(network.id, "network").quantity("last_came", float(last), role=str(role), **own)


def _still_there(origin: Origin, rows: pd.DataFrame, sessions: list[str]) -> Iterator[Quantity]:
    asked = origin.asked
    first, last = (set(rows.loc[rows["session"] == s, "person"]) for s in (sessions[0], sessions[-1]))
    n, still = len(first), len(first & last)
    few_are_new = 0 < len(last - first) < asked.hidden_below
    if asked.few(still, n) or few_are_new:
        yield origin.hidden("still_there")
        return
    method = "of the first session, at the last"
    yield origin.quantity("still_there", float(still), method=method, n=float(n))
