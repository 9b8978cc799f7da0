"""The rows of one arrow: each answer of the outcome with what the cause was, so many waves before.

A cause stands in three columns: the mean of the person's unit at that wave (between), the person's own distance from it
(within), and the person's own score (total). Means rest on everybody of the unit who answered, also who left later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from dww_analysis.domain.design import first_treated_wave
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study
from dww_analysis.domain.theory import Node, Part, Theory
from dww_analysis.effects.designs import DESIGNS
from dww_analysis.effects.designs.parallel_cluster import difference_waves, effect_column
from dww_analysis.effects.designs.stepped_wedge import exposure_column, exposure_times
from dww_analysis.effects.frames import analysis_frame

TREATED = "treated"  # 1 where a row's unit is treated at its wave


@dataclass(frozen=True, eq=False)
class TheoryData:
    """The theory, the study and the tables of scores and answers."""

    theory: Theory
    plan: Plan
    study: Study
    scales: Mapping[str, Scale]  # with a scale for each source of doses
    scores: Mapping[str, pd.DataFrame]  # scale id -> scores table
    answers: pd.DataFrame  # Measurements' answers, for background variables

    def entry(self, outcome: Node, **more: object) -> PlanEntry:
        """A plan entry about one node, whose model the design gives."""
        assert outcome.score is not None
        fixed = {"family": "", "question": {}, "why": "", "status": "planned", "standardise": False}
        named = {"id": outcome.id, "outcome": outcome.score, "sample": self.theory.sample}
        return PlanEntry(**{**fixed, **named, **more})  # type: ignore[arg-type]

    def scores_of(self, node: Node) -> pd.DataFrame:
        """Rows of the theory's sample with a score of one node."""
        assert node.score is not None
        table = self.scores[node.score.split(".")[0]]
        rows = table[(table["scale"] == node.score) & (table["sample"] == self.theory.sample)]
        return rows[rows["score"].notna()]

    @cached_property
    def unit(self) -> str | None:
        """The level at which there are means: what was allocated, or teams; None where persons were allocated or nobody
        has one."""
        unit = self.study.unit
        named = (t[unit].notna().any() for t in self.scores.values() if unit in t)
        return unit if unit != "person" and any(named) else None


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one outcome with its causes. arms: indicators of the treated condition, by wave or exposure.

    unit, causes: what causes have means of, and of each cause the answers; `at` is the wave of the outcome.
    """

    entry: PlanEntry
    frame: pd.DataFrame
    arms: tuple[str, ...]
    unit: str | None = None
    causes: tuple[pd.DataFrame, ...] = ()

    def behind(self, used: pd.DataFrame) -> list[pd.DataFrame]:
        """Of each cause the answers that means of units in the rows `used` rest on."""
        if self.unit is None:
            return []
        cells = _keys(used, self.unit)
        return [c[_keys(c, self.unit, "at").isin(cells)] for c in self.causes]


def column(part: Part | str, node: Node) -> str:
    """Name of the column of one part of a cause."""
    return f"{part}_{node.id}"


def rows_of(
    data: TheoryData,
    outcome: Node,
    causes: Sequence[tuple[Node, int]],
    since_start: bool = False,
    also: tuple[str, ...] = (),
) -> Rows:
    """All answers of `outcome` with each (cause, waves before).

    since_start: only where each cause was measured after the start, in a trial with arms side by side. also: further
    columns, as covariates are, that no model has by itself. FitError where the design's own contrast cannot be made.
    """
    entry = data.entry(outcome, covariates=data.theory.adjust)
    scores = data.scores[str(outcome.score).split(".")[0]]
    wide = replace(entry, covariates=tuple(dict.fromkeys((*entry.covariates, *also))))
    frame = analysis_frame(wide, data.study, scores, data.scores, data.answers)
    frame = DESIGNS[data.study.design].prepare(frame, entry, data.study)
    frame = frame[frame["score"].notna()]
    answers = tuple(_moved(data.scores_of(node), lag) for node, lag in causes)
    for (node, _), scores in zip(causes, answers, strict=True):
        frame = _with_cause(frame, scores, node, data.unit)
    waves = _waves(data.study, max(lag for _, lag in causes), since_start)
    frame = frame[frame["wave_number"].isin(waves)].reset_index(drop=True)
    frame["wave"] = frame["wave"].cat.remove_unused_categories()
    arms = tuple(a for a in _arm_columns(frame, data.study) if frame[a].nunique() > 1)
    frame[TREATED] = frame[list(arms)].sum(axis=1) if arms else 0.0
    return Rows(entry, frame, arms, data.unit, answers)


def _moved(scores: pd.DataFrame, lag: int) -> pd.DataFrame:
    """Answers of a cause with the wave (at) of the outcome that comes `lag` waves later."""
    return scores.assign(at=scores["wave"].astype(float) + lag)


def _with_cause(frame: pd.DataFrame, scores: pd.DataFrame, node: Node, unit: str | None) -> pd.DataFrame:
    """The frame with the parts of a cause as they were before. scores: its answers, `at` the wave of the outcome."""
    own = scores.drop_duplicates(["person", "at"]).set_index(["person", "at"])["score"]
    total = own.reindex(_keys(frame, "person")).to_numpy(float)
    found = {column("total", node): total}
    if unit is not None:
        named = scores[scores[unit].notna()]
        means = named.assign(unit=named[unit].astype(str)).groupby(["unit", "at"])["score"].mean()
        between = means.reindex(_keys(frame, unit)).to_numpy(float)
        found |= {column("between", node): between, column("within", node): total - between}
    return frame.assign(**found)


def _keys(rows: pd.DataFrame, who: str, wave: str = "wave_number") -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([rows[who].astype(str), rows[wave]])


def _waves(study: Study, lag: int, since_start: bool) -> list[int]:
    """Waves of the outcome that a cause `lag` waves earlier can have."""
    numbers = [w.number for w in study.waves]
    if since_start and study.has_arms and not study.starts:
        return [n for n in numbers if n >= first_treated_wave(study) + lag]
    return [n for n in numbers if n >= numbers[0] + lag]


def _arm_columns(frame: pd.DataFrame, study: Study) -> list[str]:
    if not study.has_arms:
        return []
    if study.starts:
        return [exposure_column(k) for k in exposure_times(frame)]
    return [effect_column(study.treated_arm, w) for w in difference_waves(frame, study)]
