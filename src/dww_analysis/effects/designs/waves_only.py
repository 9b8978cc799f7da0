"""Waves without arms: how the mean changed, since the first wave or around a start; a *change*, never an effect."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.contrasts import PER_WAVE, PER_YEAR, TREND, Contrast
from dww_analysis.domain.design import start_wave
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.designs.around import (
    TIME_AFTER,
    Around,
    around,
    few_waves,
    formula_of,
    time_terms,
)
from dww_analysis.effects.designs.terms import modelled
from dww_analysis.effects.models import Model, Target
from dww_analysis.errors import FitError


def prepare(frame: pd.DataFrame, entry: PlanEntry, study: Study) -> pd.DataFrame:
    """With the columns of two trends, where the waves allow them."""
    return _around(frame, study).prepared(frame)


def model(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """score ~ wave + organisations + (1 | team) + (1 | team:wave) + (1 | person), or with two trends and (1 | wave):
    the change at each later wave, and with trends how much steeper the second is. FitError where one side of the change
    has no answers of enough persons."""
    found, planned = _around(frame, study), _planned_wave(frame, entry, study)
    _require_both_sides(frame, found, entry, study)
    shown = [w for w in found.after if w == planned or _persons(frame, w) >= study.min_cell_size]
    targets = [
        Target(found.weights_at(w), _contrast(found, w), w == planned)
        for w in sorted(shown, key=lambda w: w != planned)
    ]
    if found.times:
        per = PER_YEAR if found.dated else PER_WAVE
        targets.append(Target({TIME_AFTER: 1.0}, Contrast(reference=TREND, per=per), False))
    parts = modelled(time_terms(found, frame), entry, plan, study, frame)
    warnings = (*parts.warnings, *few_waves(found, entry))
    return Model(formula_of(parts, found), tuple(targets), parts.methods, warnings)


def _around(frame: pd.DataFrame, study: Study) -> Around:
    """The waves on both sides of the study's start; without one of the first wave and the others."""
    start = None if study.start is None else start_wave(study.start, study.waves)
    if start is not None:
        return around(study, frame, start, str(study.start))
    first = min((int(w) for w in frame.loc[frame["score"].notna(), "wave"].astype(int)), default=0)
    return around(study, frame, first + 1, started=False)


def _contrast(found: Around, wave: int) -> Contrast:
    if found.times:
        return Contrast(reference=TREND, wave=wave)
    return Contrast(wave=wave, from_wave=found.reference)


def _planned_wave(frame: pd.DataFrame, entry: PlanEntry, study: Study) -> int:
    """The entry's own wave, or the last."""
    return entry.wave if entry.wave is not None else max(_around(frame, study).after, default=-1)


def _persons(frame: pd.DataFrame, wave: int) -> int:
    here = frame[(frame["wave"] == str(wave)) & frame["score"].notna()]
    return int(here["person"].nunique())


def _require_both_sides(frame: pd.DataFrame, found: Around, entry: PlanEntry, study: Study) -> None:
    wave, least = _planned_wave(frame, entry, study), study.min_cell_size
    later = f"at wave {wave}" if wave >= 0 else "at a later wave"
    sides = {
        "at a wave before the change": _persons(frame, found.reference) if found.before else 0,
        later: _persons(frame, wave) if wave in found.after else 0,
    }
    few = {side: n for side, n in sides.items() if n < least}
    if not few:
        return
    said = " and ".join(
        f"answers of fewer than {least} persons {side}" if n else f"no answers {side}"
        for side, n in few.items()
    )
    raise FitError.of(
        found=f"`{entry.id}` cannot be estimated: {said}",
        where=f"plan.yaml, entry {entry.id}, sample {entry.sample}",
        expected=f"answers of at least {least} persons at a wave before the change and at the planned one",
        action="look at the flow table; another wave is a deviation to report",
    )
