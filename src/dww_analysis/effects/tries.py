"""Invented trials with one true effect, of outcomes whose every effect has trials of its own: portions, rows and bins.

How a trial is drawn and analysed is the kind of outcome's own (`outcome_trials`, `leaving_trials`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Protocol

from numpy.typing import NDArray

from dww_analysis.domain.analyses import ESTIMATED, STOPPED
from dww_analysis.domain.estimate import rejects
from dww_analysis.domain.plan import Calibration
from dww_analysis.effects.calibration import Tried, effects_of, failing, no_end, summary
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.trial_parts import Columns, columns_of, joined
from dww_analysis.effects.true_effects import Effect
from dww_analysis.parts import Part, Work

Array = NDArray[Any]
FIRST = 20  # trials that decide whether to go on
PORTION = 50  # trials of a mixed model that are one part of the work
LEAST = 100  # trials of an effect, however long one takes
STEPS_OF_TRIALS = (LEAST, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000)
# milliseconds that all trials of an entry may take, about; and those at the ends of variances
ROOM = 30_000.0
Found = Mapping[Effect, tuple[Array, Array]]


class TriedTest(Protocol):
    """How trials of an outcome are drawn and analysed: as the study is."""

    @property
    def data(self) -> EntryData: ...

    @property
    def method(self) -> str:
        """Name of the planned test in the table."""
        ...

    @property
    def each(self) -> int:
        """Trials of one part of the work."""
        ...

    def size_of(self, effect: Effect) -> float | None:
        """The planned contrast of coefficients that gives an effect; None where none does."""
        ...

    def truth(self, size: float, method: str) -> float:
        """What a method estimates without error where that contrast is `size`."""
        ...

    def some(self, size: float, seed: int, first: int, n: int) -> dict[str, Tried]:
        """n trials from number `first` on, by each method. The same seed and number give the same trial."""
        ...

    def affordable(self, sets: int) -> int | None:
        """How many trials of each of so many sets can be made (`fitting`); None: as many as are asked for."""
        ...

    def at_ends(self) -> Iterator[tuple[str, TriedTest | None]]:
        """The same with each variance between units at an end of its interval, by `component_ends`' names; None where
        it has no such end."""
        ...


@dataclass(frozen=True, eq=False)
class Tries:
    """n trials with a planned contrast of coefficients of `size`, in portions that do not wait for each other. Where
    most of the first ones fail there are no more.

    name: of the true effect, in the names of the portions; before: the trials of another one, after which there are
    none where those failed.
    """

    test: TriedTest
    name: str
    size: float
    n: int
    seed: int
    before: Tries | None

    @cached_property
    def first(self) -> dict[str, Tried]:
        return self.test.some(self.size, self.seed, 0, min(FIRST, self.n))

    @cached_property
    def stopped(self) -> bool:
        gone = self.before is not None and self.before.stopped
        return gone or failing(self.first[self.test.method])

    @property
    def parts(self) -> dict[str, Part]:
        """The portions after the first trials, by name."""
        return {f"{self.name} {at}": partial(self.portion, at) for at in starts(self.n, self.test.each)}

    def portion(self, at: int) -> dict[str, Columns]:
        """Columns of a part's trials from `at` on, or as many as there are, by method; {} where no more are made."""
        if self.stopped:
            return {}
        found = self.test.some(self.size, self.seed, at, min(self.test.each, self.n - at))
        return {method: columns_of(t) for method, t in found.items()}

    def of(self, done: Mapping[str, Any]) -> dict[str, Tried]:
        """All trials by each method; done: what came of every part."""
        if self.stopped:
            method = self.test.method
            return {method: replace(self.first[method], remark=STOPPED)}
        return {method: self._all(method, done) for method in self.first}

    def _all(self, method: str, done: Mapping[str, Any]) -> Tried:
        columns = [columns_of(self.first[method]), *(done[name][method] for name in self.parts)]
        every: dict[str, Any] = joined(columns)
        return replace(self.first[method], **every)


def tries_work(test: TriedTest, settings: Calibration) -> Work[tuple[list[dict[str, Any]], Found]]:
    """The work of `rows_of`: of the variances as they were estimated, and of primary outcomes of those at the ends of
    their intervals, which together may take as long again (of these the planned test has rows and none are counted in
    bins)."""
    tried = tries_of(test, _number(test, 1, settings), settings)
    last = next(reversed(tried.values()), None)
    primary = test.data.entry.family == test.data.plan.primary
    found = dict(test.at_ends()) if primary and not (last is not None and last.stopped) else {}
    others = {name: other for name, other in found.items() if other is not None}
    n = _number(test, len(others), settings)
    ends = {name: tries_of(other, n, settings, f"{name}, ", last) for name, other in others.items()}
    every = [*tried.values(), *(tries for at_end in ends.values() for tries in at_end.values())]
    done = yield {name: part for tries in every for name, part in tries.parts.items()}
    rows, bins = rows_of(test, tried, done)
    for name, at_end in ends.items():
        rows += rows_of(others[name], at_end, done, name)[0]
    rows += [no_end(test.data, name) for name, other in found.items() if other is None]
    return rows, bins


def _number(test: TriedTest, sets: int, settings: Calibration) -> int:
    """Trials of each effect, of so many sets of variances."""
    most = test.affordable(sets * len(settings.effects))
    return settings.trials if most is None else min(settings.trials, most)


def parts_of_tries(settings: Calibration, primary: bool) -> int:
    """How many parts `tries_work` can have: portions of each effect, of the variances as estimated and of primary
    outcomes at both ends of three."""
    sets = 7 if primary else 1
    return sets * len(settings.effects) * len([*starts(settings.trials, PORTION)])


def starts(n: int, each: int) -> range:
    """Where portions of n trials begin, after the first ones."""
    return range(FIRST, n, each)


def tries_of(
    test: TriedTest, n: int, settings: Calibration, named: str = "", before: Tries | None = None
) -> dict[Effect, Tries]:
    """The n trials of every true effect that can be placed. named: begins the names of their portions; before: trials
    after which there are none where those failed."""
    tried: dict[Effect, Tries] = {}
    for effect in effects_of(test.data, settings):
        size, last = test.size_of(effect), next(reversed(tried.values()), before)
        if size is not None:
            tried[effect] = Tries(test, f"{named}effect {len(tried)}, from", size, n, settings.seed, last)
    return tried


def rows_of(
    test: TriedTest, tried: Mapping[Effect, Tries], done: Mapping[str, Any], components: str = ESTIMATED
) -> tuple[list[dict[str, Any]], dict[Effect, tuple[Array, Array]]]:
    """Rows of the table of the trials of every true effect; and of the planned test, by effect, the estimates with
    what it called an effect. done: what came of every part. Of other components than the estimated ones the planned
    test alone has rows."""
    data, rows, bins = test.data, [], {}
    alpha = 1 - data.plan.conf_level
    for effect, tries in tried.items():
        found = tries.of(done)
        for method, each in found.items():
            if components == ESTIMATED or method == test.method:
                truth = test.truth(tries.size, method)
                rows.append(head_of(data, method, effect, truth, components) | summary(each, truth, alpha))
        planned, truth = found[test.method], test.truth(tries.size, test.method)
        bins[effect] = planned.estimate + truth, rejects(planned.p_under(truth), alpha)
        if planned.remark == STOPPED:
            break
    return rows, bins


def head_of(
    data: EntryData, method: str, effect: Effect, truth: float, components: str = ESTIMATED
) -> dict[str, Any]:
    """What names a row of the table. truth: the effect in the unit of the estimate."""
    size, is_sesoi = effect
    named = {"method": method, "components": components}
    return {"entry": data.entry.id, "effect": size, "is_sesoi": is_sesoi, "truth": truth, **named}


def fitting(milliseconds: float, sets: int) -> int:
    """How many trials of each of so many sets fit into ROOM, where one takes so long: a round number, LEAST or more."""
    most = ROOM / (milliseconds * max(sets, 1))
    return max([n for n in STEPS_OF_TRIALS if n <= most], default=LEAST)
