"""What a sheet prints of a unit's own words: its last round, this one, its counts in a run chart.

Tables in (as the steps of the way back store them), frozen values out. Which texts go how far was decided by who typed
them: a unit sees its own, an organisation also what its teams share with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import pandas as pd

from dww_analysis.delivery.codes import fold
from dww_analysis.domain.cycle import (
    FEWEST_SPEAKERS,
    Action,
    Before,
    Count,
    Cycle,
    CycleLevel,
    Interpretation,
    Series,
    Told,
)
from dww_analysis.domain.sheets import UNIT_LEVELS
from dww_analysis.sheets.run_chart import run_chart

WHOLE = ("round", "present")
UNFINISHED = ("open", "running")
UP = ("organisation", "all")  # what an organisation sees of its teams
Rounded = TypeVar("Rounded", Interpretation, Action)
Row = TypeVar("Row", Interpretation, Action, Count)


@dataclass(frozen=True, eq=False)
class ToldRows:
    """All rows of the way back. homes: team, as sheets call it -> organisation.

    origins: unit -> (team that it was made of, the first round that is not that team's); carried: units that open with
    what these said.
    """

    interpretations: pd.DataFrame
    actions: pd.DataFrame
    counts: pd.DataFrame
    homes: Mapping[str, str]
    origins: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    carried: Collection[str] = ()

    def units(self) -> set[tuple[str, str]]:
        """(level, unit) of every team and organisation that wrote."""
        tables = (self.interpretations, self.actions, self.counts)
        found = {pair for t in tables for pair in zip(t["level"], t["unit"], strict=True)}
        return {(level, unit) for level, unit in found if level in UNIT_LEVELS}

    def of(self, level: CycleLevel, unit: str, wave: int) -> Told | None:
        """What the unit's sheet of a wave prints; None where the unit never wrote and nobody shares with it."""
        said = _rows(self.interpretations, level, unit, Interpretation)
        agreed = _rows(self.actions, level, unit, Action)
        counted = _rows(self.counts, level, unit, Count)
        shared = self._shared(unit, wave) if level == "organisation" else ()
        rounds = [r for r in (*(i.round for i in said), *(a.round for a in agreed)) if r < wave]
        last = _last(level, unit, max(rounds), said, agreed) if rounds else None
        before: Before = ""
        if last is None and level == "team":
            last, before = self._of_origins(unit, wave)
        now = Cycle(level, unit, wave, _in(said, wave), _in(agreed, wave), counted)
        if last is None and now.is_empty and not shared and not before:
            return None
        return Told(last, now, series_of(counted, agreed), shared, before)

    def _of_origins(self, unit: str, wave: int) -> tuple[Cycle | None, Before]:
        """The last round of the teams that a unit was made of, without which of them said it; what one person alone
        said is not carried. Only that there is one where it is not to be told."""
        parts = (self.interpretations, self.actions)
        said, agreed = (pd.concat([t.iloc[:0], *self._before(t, unit, wave)]) for t in parts)
        if said.empty and agreed.empty:
            return None, ""
        if unit not in self.carried:
            return None, "other"
        said = said[~(said["present"] < FEWEST_SPEAKERS)]
        words = tuple(replace(i, unit="", date="", present=None) for i in _values(said, Interpretation))
        deeds = tuple(replace(a, unit="") for a in _values(agreed, Action))
        rounds = [*(i.round for i in words), *(a.round for a in deeds)]
        return (_last("team", unit, max(rounds), words, deeds), "carried") if rounds else (None, "other")

    def _before(self, table: pd.DataFrame, unit: str, wave: int) -> Iterator[pd.DataFrame]:
        own = table[(table["level"] == "team") & (table["round"] < wave)]
        for team, first in self.origins.get(unit, ()):
            yield own[(own["unit"] == team) & (own["round"] < first)]

    def _shared(self, organisation: str, wave: int) -> tuple[Interpretation, ...]:
        """What teams share with their organisation, of the last round at which any did; not which team, how many of
        them and when."""
        found = self.interpretations
        own = found["unit"].map(self.homes) == organisation
        up = found[own & (found["level"] == "team") & found["share"].isin(UP) & (found["round"] <= wave)]
        said = _values(up[up["round"] == up["round"].max()], Interpretation)
        return tuple(replace(one, unit="", date="", present=None) for one in said)


def _rows(table: pd.DataFrame, level: str, unit: str, kind: type[Row]) -> tuple[Row, ...]:
    return _values(table[(table["level"] == level) & (table["unit"] == unit)], kind)


def _values(table: pd.DataFrame, kind: type[Row]) -> tuple[Row, ...]:
    names = [f.name for f in fields(kind)]
    return tuple(
        kind(**{name: _plain(name, row[name]) for name in names if name in row})
        for row in table.to_dict("records")
    )


def _plain(name: str, value: Any) -> Any:
    """A cell; None where a number is not known."""
    if value is None or value != value:
        return None
    return int(value) if name in WHOLE else value


def _in(rows: tuple[Rounded, ...], wave: int) -> tuple[Rounded, ...]:
    return tuple(row for row in rows if row.round == wave)


def _last(
    level: CycleLevel, unit: str, round: int, said: tuple[Interpretation, ...], agreed: tuple[Action, ...]
) -> Cycle:
    """The last round, and behind its actions those of rounds before it that are not finished."""
    older = tuple(a for a in agreed if a.round < round and a.status in UNFINISHED)
    return Cycle(level, unit, round, _in(said, round), (*_in(agreed, round), *older))


def series_of(counts: tuple[Count, ...], actions: tuple[Action, ...]) -> Series | None:
    """The run chart of a unit's own indicator: of its last action that has counts, else the one it counted most.

    The break is the first start of an action with that indicator. None where nothing was counted.
    """
    found: dict[str, list[Count]] = {}
    for count in counts:
        found.setdefault(fold(count.indicator), []).append(count)
    if not found:
        return None
    named = [a for a in actions if fold(a.indicator) in found]
    latest = max(named, key=lambda a: (a.round, a.start), default=None)
    chosen = fold(latest.indicator) if latest else max(found, key=lambda name: len(found[name]))
    points = sorted(found[chosen], key=lambda count: count.date)
    starts = sorted(a.start for a in named if fold(a.indicator) == chosen and a.start)
    before = sum(p.date < starts[0] for p in points) if starts else None
    seen = before is not None and before < len(points)
    return Series(
        indicator=points[0].indicator,
        dates=tuple(p.date for p in points),
        percent=points[0].out_of is not None,
        chart=run_chart([p.share for p in points], before if seen else None),
        break_date=starts[0] if seen else "",
        break_before=before if seen else None,
    )
