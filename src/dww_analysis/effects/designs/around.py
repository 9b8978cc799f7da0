"""Waves on both sides of one start that all units share: a difference of two waves, or of two trends.

Where at least three waves lie on each side, the waves before the start give a trend, those after it another (segmented
regression; Wagner, Soumerai, Zhang & Ross-Degnan 2002), and the answer is how far the level at a wave lies from where
the first trend would have led. Waves may lie off their trend, so a trend is judged against how far they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.designs.terms import Parts, scored_waves, wave_terms

LEAST_WAVES = 3  # on each side of a start, for a trend of their own
TIME, AFTER, TIME_AFTER = "time", "after", "time_after"
WAVE = "(1 | wave)"
BETWEEN_WAVES, SINCE_START, OF_TREND = "change_between_waves", "change_since_start", "change_of_trend"
YEAR = 365.25  # days


@dataclass(frozen=True)
class Around:
    """The waves with scores before and after a start. times: since the start, of waves with trends; else {}."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    times: Mapping[int, float]
    dated: bool = False  # whether times are years, or waves
    started: bool = True  # whether there was a start, or the first wave is what others are compared with

    @property
    def reference(self) -> int:
        """The wave that later ones are compared with, where there are no trends."""
        return self.before[-1]

    @property
    def method(self) -> str:
        """The id of what the report says about the comparison."""
        if self.times:
            return OF_TREND
        return SINCE_START if self.started else BETWEEN_WAVES

    @property
    def parts(self) -> Parts:
        """The fixed terms that stand for time, where waves as categories do not."""
        return Parts((TIME, AFTER, TIME_AFTER) if self.times else (), (self.method,))

    def weights_at(self, wave: int) -> dict[str, float]:
        """The change at a wave as a sum of coefficients: name of a column -> its weight."""
        if self.times:
            return {AFTER: 1.0, TIME_AFTER: self.times[wave]}
        since = {} if self.reference == min(self.before) else {f"wave{self.reference}": -1.0}
        return {f"wave{wave}": 1.0, **since}

    def mean_of(self, waves: tuple[int, ...]) -> dict[str, float]:
        """The mean change over waves: name of a column -> its weight. At least one wave."""
        each = [self.weights_at(wave) for wave in waves]
        names = dict.fromkeys(name for weights in each for name in weights)
        return {name: sum(weights.get(name, 0.0) for weights in each) / len(waves) for name in names}

    def prepared(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with the columns of trends, where there are some."""
        if not self.times:
            return frame
        waves = frame["wave"].astype(int)
        time, after = waves.map(self.times).astype(float), waves.isin(self.after).astype(float)
        return frame.assign(**{TIME: time, AFTER: after, TIME_AFTER: time * after})


def around(study: Study, frame: pd.DataFrame, start: int, given: str = "", started: bool = True) -> Around:
    """The waves with scores on both sides of the wave at which everybody starts.

    frame: a row per person and wave. given: the date of that start, "" for that of its wave. started: False where no
    start is known, so that waves are compared and no trends are made.
    """
    waves = [int(w) for w in scored_waves(frame)]
    before, after = (tuple(w for w in waves if (w < start) == early) for early in (True, False))
    if not started or min(len(before), len(after)) < LEAST_WAVES:
        return Around(before, after, {}, started=started)
    times, dated = _times(study, start, given)
    return Around(before, after, times, dated)


def _times(study: Study, start: int, given: str) -> tuple[dict[int, float], bool]:
    """Of every wave the years since the start where all waves have dates, else the waves; and whether it is years."""
    dates = {w.number: w.date for w in study.waves if w.date}
    if len(dates) < len(study.waves):
        return {w.number: float(w.number - start) for w in study.waves}, False
    zero = date.fromisoformat(dates[start] if not given or given.isdecimal() else given)
    return {n: (date.fromisoformat(d) - zero).days / YEAR for n, d in dates.items()}, True


def time_terms(found: Around, frame: pd.DataFrame) -> Parts:
    """Time in the model: two trends, or waves as categories."""
    return found.parts if found.times else Parts(wave_terms(frame), (found.method,))


def few_waves(found: Around, entry: PlanEntry) -> tuple[str, ...]:
    """A warning where there was a start and too few waves for trends."""
    if found.times or not found.started:
        return ()
    return (
        f"{entry.id}: {len(found.before)} waves with answers before the start and {len(found.after)} after it; trends "
        f"need {LEAST_WAVES} on each side, so waves are compared.",
    )


def formula_of(parts: Parts, found: Around) -> str:
    """The whole formula; waves lie off their trend by a term of their own."""
    return "score ~ " + " + ".join([*parts.terms, *([WAVE] if found.times else [])])
