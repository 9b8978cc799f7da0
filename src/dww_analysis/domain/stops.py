"""The stops of the talking picture: places on the road that people talk about, and the outcomes that stand at each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Text
from dww_analysis.domain.theory import Theory

MOST_STOPS = 5
LONGEST_NAME = 40  # characters of a stop's name, in every language

# What stands at a stop where the theory of change names none: beginnings of ids of scales and of scoring keys.
DEFAULT_STOPS: Mapping[str, tuple[str, ...]] = {
    "learning": (
        *("learning", "lpw", "lcs", "iwl", "psychological_safety", "edmondson", "feedback", "team_learning"),
        *("fes", "tlb"),
    ),
    "agency": ("agency", "pam"),
    "wellbeing": (
        *("wellbeing", "work_engagement", "engagement", "uwes", "burnout", "bat", "who", "swemwbs"),
        *("job_satisfaction", "satisfaction", "jobsat"),
    ),
    "leaving": ("turnover", "leaving", "left", "intention_to_leave"),
    "care": (
        *("care", "sdmq", "sdmqdoc", "shared_decision", "collaborate", "cps", "alliance"),
        *("wav", "srs", "ors", "cors", "sdq"),
    ),
}


@dataclass(frozen=True)
class Stop:
    """One place on the road. label: {} for a stop of DEFAULT_STOPS, whose name the catalogues have.

    outcomes: of the plan, in the order in which they are told; nodes: of the theory of change, between which the road
    to the next stop was looked at; measured: whether anything of it was, also where the plan asks nothing about it.
    """

    id: str
    label: Text
    outcomes: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    measured: bool = False


def default_stops(
    outcomes: Iterable[str], scales: Sequence[Scale], theory: Theory | None
) -> tuple[Stop, ...]:
    """The five stops of a theory that names none, with the outcomes and nodes that belong there by their ids."""
    homes = {outcome: home_of(outcome, scales) for outcome in dict.fromkeys(outcomes)}
    nodes = {n.id: home_of(n.scale, scales) for n in (theory.nodes if theory else ()) if n.scale}
    there = {home_of(scale.id, scales) for scale in scales}
    return tuple(Stop(id, {}, _at(id, homes), _at(id, nodes), id in there) for id in DEFAULT_STOPS)


def _at(stop: str, homes: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name, home in homes.items() if home == stop)


def home_of(outcome: str, scales: Sequence[Scale]) -> str:
    """The default stop of an outcome, by the id of its scale or of the scoring key; "" where none is known."""
    id = outcome.split(".")[0]
    key = next((s.key.id for s in scales if s.id == id and s.key is not None), "")
    return next((stop for name in (id, key) if name for stop in DEFAULT_STOPS if _begins(name, stop)), "")


def _begins(name: str, stop: str) -> bool:
    return any(re.match(rf"{start}(?:$|[_\d])", name) for start in DEFAULT_STOPS[stop])


def stops_of(
    declared: Sequence[Stop], outcomes: Iterable[str], scales: Sequence[Scale], theory: Theory | None
) -> tuple[Stop, ...]:
    """The stops of a study: those that its theory of change declares, else the default ones.

    outcomes: of the plan. A declared stop tells the outcomes that it names, and those that its nodes measure.
    """
    planned = list(dict.fromkeys(outcomes))
    if not declared:
        return default_stops(planned, scales, theory)
    scores = {n.id: n.scale for n in (theory.nodes if theory else ())}
    return tuple(_declared(stop, scores, planned) for stop in declared)


def _declared(stop: Stop, scores: Mapping[str, str | None], planned: Sequence[str]) -> Stop:
    own = [score for n in stop.nodes if (score := scores.get(n)) is not None]
    told = dict.fromkeys((*(score for score in own if score in planned), *stop.outcomes))
    return replace(stop, outcomes=tuple(told), measured=bool(own or told))
