"""The stops of the talking picture: names that are there, and every planned outcome told, so that none is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dww_analysis.config.rules import unknown, unused
from dww_analysis.config.theory import StopConfig, TheoryConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.stops import LONGEST_NAME, MOST_STOPS, Stop, stops_of
from dww_analysis.errors import Problem

PICTURE = "praatplaat"


def declared_stops(theory: TheoryConfig | None) -> tuple[Stop, ...]:
    """The stops that theory.yaml has, numbered `stop_1` and on; () without any, or without a theory (None)."""
    stops = theory.stops if theory is not None else []
    return tuple(
        Stop(f"stop_{n}", s.label, tuple(s.outcomes), tuple(s.nodes)) for n, s in enumerate(stops, 1)
    )


def check_stops(
    parts: Mapping[str, Any], scales: Sequence[Scale], files: Mapping[str, YamlFile]
) -> Iterator[Problem]:
    """Problems of `stops`, and of a talking picture that would leave a planned outcome out."""
    theory, planned = parts.get("theory"), planned_outcomes(parts)
    asked = PICTURE in parts["reports"].documents
    stops = theory.stops if theory is not None else []
    if theory is not None and stops:
        file = files["theory"]
        if not asked:
            yield unused(
                "`stops`, and no talking picture",
                file.where(("stops",)),
                f"`documents: [{PICTURE}]` in reports.yaml",
                "ask for it",
            )
        if not 2 <= len(stops) <= MOST_STOPS:
            yield Problem(
                found=f"{len(stops)} stops",
                where=file.where(("stops",)),
                expected=f"2 to {MOST_STOPS}: the road has no more room",
                action="let a stop tell several outcomes",
            )
        yield from _names(stops, theory, planned, file)
    if asked and planned:
        yield from _left_out(theory, planned, scales, files)


def planned_outcomes(parts: Mapping[str, Any]) -> list[str]:
    """The outcomes of the plan but for those that are exploratory, once each."""
    return list(dict.fromkeys(e.outcome for e in parts["plan"].entries if e.status != "exploratory"))


def _names(
    stops: Sequence[StopConfig], theory: TheoryConfig, planned: Sequence[str], file: YamlFile
) -> Iterator[Problem]:
    nodes = [id for id, node in theory.nodes.items() if not node.arm]
    for index, stop in enumerate(stops):
        where = file.where(("stops", index))
        yield from (unknown("node", n, nodes, where) for n in stop.nodes if n not in nodes)
        yield from (unknown("planned outcome", o, planned, where) for o in stop.outcomes if o not in planned)
        longest = max(map(len, stop.label.values()))
        if longest > LONGEST_NAME:
            yield Problem(
                found=f"a name of a stop has {longest} characters",
                where=where,
                expected=f"at most {LONGEST_NAME}: it is read from across a room",
                action="shorten it",
            )
    for what in ("nodes", "outcomes"):
        told = Counter(name for stop in stops for name in getattr(stop, what))
        for name in (name for name, times in told.items() if times > 1):
            yield Problem(
                found=f"`{name}` stands at {told[name]} stops",
                where=file.where(("stops",)),
                expected="each name at one stop",
                action="choose one",
            )


def _left_out(
    theory: TheoryConfig | None,
    planned: Sequence[str],
    scales: Sequence[Scale],
    files: Mapping[str, YamlFile],
) -> Iterator[Problem]:
    """Planned outcomes at no stop: what is unfavourable could be among them."""
    known = theory.to_domain() if theory is not None else None
    stops = stops_of(declared_stops(theory), planned, scales, known)
    told = {outcome for stop in stops for outcome in stop.outcomes}
    absent = [f"`{outcome}`" for outcome in planned if outcome not in told]
    if absent:
        where = (
            files["theory"].where(("stops",)) if "theory" in files else files["reports"].where(("documents",))
        )
        yield Problem(
            found=f"the talking picture would leave out {', '.join(absent)}",
            where=where,
            expected="every planned outcome at a stop",
            action="name it in `outcomes` of one of the `stops` of theory.yaml (docs/praatplaat.md)",
        )
