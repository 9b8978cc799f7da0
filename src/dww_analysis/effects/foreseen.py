"""What no answer can change: an entry as it would be if everybody of the list answered whatever is asked.

Rows are made of the list of units and of what each wave asks, and given to the entry's own design: what that refuses,
the run would refuse whatever is answered, and in the same words. Models are built and never fitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dww_analysis.domain.design import arm_at
from dww_analysis.domain.formulas import Terms
from dww_analysis.domain.outcomes import OutcomeKind
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study
from dww_analysis.effects.deciding import foreseen_stand_in, require_average
from dww_analysis.effects.designs import model_for
from dww_analysis.effects.estimate import entry_frame
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.missing.imputable import few_units, reasons
from dww_analysis.effects.models import Model
from dww_analysis.effects.overlap import require_groups
from dww_analysis.effects.untested import untested
from dww_analysis.errors import FitError, PlanError, Problem, raise_all

FIXED = ("organisation", "team", "arm", "start")


@dataclass(frozen=True)
class WavesAsked:
    """The waves of a sample, and those of them that ask the outcome."""

    waves: tuple[int, ...]
    asked: frozenset[int]


def everybody(
    study: Study, units: pd.DataFrame | None, outcome: str, sample: str, when: WavesAsked
) -> pd.DataFrame:
    """The scores table of one outcome if everybody answered: a row per person and wave, with a score of 0 or 1 where
    the outcome is asked, else NaN.

    units: the list of the allocation (organisation, team, arm or start, person where persons were allocated); None in a
    study without. Of a team there are as many persons as may be shown; of a team that the list does not name two.
    """
    persons = _persons(study, units)
    rows = persons.merge(pd.DataFrame({"wave": when.waves}), how="cross")
    asked = rows["wave"].isin(when.asked)
    score = pd.Series(np.arange(len(rows)) % 2, index=rows.index, dtype=float).where(asked)
    if study.starts:
        cells = zip(rows["start"], rows["wave"], strict=True)
        rows["arm"] = [arm_at(study, start, wave) for start, wave in cells]
    return rows.assign(sample=sample, scale=outcome, score=score)


def _persons(study: Study, units: pd.DataFrame | None) -> pd.DataFrame:
    listed = (
        pd.DataFrame({"organisation": ["o1", "o2"] * 2, "team": list("abcd")}) if units is None else units
    )
    listed = listed.reindex(columns=[*FIXED, *(["person"] if study.unit == "person" else [])])
    if study.unit == "person":
        return listed
    if listed["team"].isna().any():
        listed = listed.merge(pd.DataFrame({"part": ["a", "b"]}), how="cross")
        listed["team"] = listed["team"].fillna(listed["organisation"].astype(str) + listed.pop("part"))
    several = listed.merge(pd.DataFrame({"number": range(max(study.min_cell_size, 2))}), how="cross")
    home = several["organisation"].astype("string").fillna("") + " " + several["team"].astype(str)
    return several.assign(person=home + " " + several.pop("number").astype(str))


def foreseen(data: EntryData) -> Model:
    """The model of an entry whose scores are those of `everybody`. FitError or PlanError for what no answer can change.

    Covariates and what rows count by are left out: their names are looked at elsewhere.
    """
    frame, model, _ = _built(data)
    require_average(data, frame)
    return model


def _built(data: EntryData) -> tuple[pd.DataFrame, Model, OutcomeKind]:
    bare = replace(data.entry, covariates=(), weights=None, per=None, population="answered_once")
    frame, kind = entry_frame(replace(data, entry=bare))
    return frame, model_for(bare, data.plan, data.study, frame), kind


def foreseen_notes(data: EntryData) -> list[str]:
    """What the run would say beside an answer, whatever is answered: that no test exists, that another stands in for
    the planned one, that units cannot be weighed. [] for an entry that has no model at all: `foreseen` says why."""
    try:
        frame, model, kind = _built(data)
    except (FitError, PlanError):
        return []
    rows, contrast = frame.dropna(subset=["score"]), model.planned.contrast
    lacking = untested(data, rows, contrast)
    stand_in = foreseen_stand_in(data, kind, contrast, rows)
    said = [f"{data.entry.id}: {lacking}"] if lacking else []
    return [*said, *([stand_in] if stand_in else []), *_not_weighed(data, rows)]


def _not_weighed(data: EntryData, rows: pd.DataFrame) -> list[str]:
    """Why units of the list cannot be weighed by the covariates of the plan; [] where they can, or none are."""
    study = data.study
    if not data.plan.propensity or not study.groups:
        return []
    units = rows.drop_duplicates(study.unit)
    try:
        require_groups(units.assign(treated=units["arm"] == study.treated_arm), data.plan.propensity)
    except FitError as error:
        return [f"{data.entry.id}: units would not be weighed: {_told(p)}" for p in error.problems]
    return []


def answered_notes(data: EntryData) -> list[str]:
    """What the run would say of an entry with these very answers, before anything is fitted: why it is not estimated
    (scores of another kind, numbers that cannot be counted by, too few persons), or what its model warns of."""
    try:
        frame, _ = entry_frame(data)
        return list(model_for(data.entry, data.plan, data.study, frame).warnings)
    except (FitError, PlanError) as error:
        return [
            f"{data.entry.id}: with these answers it would not be estimated: {_told(p)}"
            for p in error.problems
        ]


def _told(problem: Problem) -> str:
    """The parts of a problem in one line, for the terminal."""
    found = f"{problem.found}: {problem.detail}" if problem.detail else problem.found
    return f"{found} ({problem.where}); expected: {problem.expected}; what to do: {problem.action}"


def require_imputed(data: EntryData, n_scores: int) -> None:
    """FitError with every reason for which missing values of an entry would not be drawn, whatever is answered: what
    the entry is, and too few units for as many scores as are drawn together.

    data: as for `foreseen`. FitError or PlanError also for an entry that has no model.
    """
    frame, model, kind = _built(data)
    levels = [":".join(level) for level in Terms.read(model.formula).levels]
    found = [*reasons(data.entry, kind, bool(levels))]
    raise_all(found or few_units(frame, levels, n_scores), FitError)


def as_answered(answers: pd.DataFrame, scale: Scale, outcome: str, sample: str) -> pd.DataFrame:
    """The scores table of `everybody`, of those who answered: a score of 0 or 1 in rows with any answer to the scale.

    answers: of `Measurements`.
    """
    rows = answers[answers["sample"] == sample].reset_index(drop=True)
    columns = list(scale.items) if scale.key is not None else [str(scale.delivered)]
    asked = rows.reindex(columns=columns).notna().any(axis=1)
    score = pd.Series(np.arange(len(rows)) % 2, index=rows.index, dtype=float).where(asked)
    return rows.reindex(columns=["person", "wave", *FIXED]).assign(sample=sample, scale=outcome, score=score)


def waves_asked(columns: Mapping[int, Iterable[str] | None], scale: Scale) -> WavesAsked:
    """The waves of a sample, and those that ask the scale. columns: wave -> ours that its sources have; None of a wave
    whose source is not there yet: anything may be asked then."""
    wanted = set(scale.items) if scale.key is not None else {str(scale.delivered)}
    asked = frozenset(wave for wave, named in columns.items() if named is None or wanted & {*named})
    return WavesAsked(tuple(sorted(columns)), asked)
