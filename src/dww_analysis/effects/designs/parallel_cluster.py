"""Two arms side by side: one mean at the baseline where they were formed by lot, a mean each where they were not.

Without chance allocation the answer is the difference of changes since the baseline: a model in which the arms share
one mean there takes part of what they differed in from the start for a change. The plan may have the first wave as a
covariate of the later ones instead (analysis of covariance).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dww_analysis.domain.contrasts import Contrast
from dww_analysis.domain.design import first_treated_wave
from dww_analysis.domain.plan import BEFORE, Plan, PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.designs.terms import Parts, modelled, scored_waves, wave_terms
from dww_analysis.effects.models import Model, Target
from dww_analysis.errors import FitError


def prepare(frame: pd.DataFrame, entry: PlanEntry, study: Study) -> pd.DataFrame:
    """With one 0/1 column per wave at which both arms answered and have means of their own, for the arm compared.

    Where allocation was by chance the arms share one mean at the first wave: any difference there is chance
    (constrained longitudinal model; Liang & Zeger 2000). With `baseline: ancova` the rows are those of later waves,
    with what the person scored at the first.
    """
    frame = _with_score_before(frame, entry, study) if entry.adjusted else frame
    _require_contrast(frame, entry, study)
    frame = frame.copy()
    for wave in difference_waves(frame, study):
        treated = (frame["arm"] == study.treated_arm) & (frame["wave"] == str(wave))
        frame[effect_column(study.treated_arm, wave)] = np.where(treated, 1.0, 0.0)
    return frame


def _with_score_before(frame: pd.DataFrame, entry: PlanEntry, study: Study) -> pd.DataFrame:
    """The later waves, with BEFORE; a score of who has none at the first wave does not count. FitError where nobody
    has."""
    first = str(study.waves[0].number)
    there = frame[(frame["wave"] == first) & frame["score"].notna()].drop_duplicates("person")
    known = there.set_index(there["person"].astype(str))["score"].astype(float)
    later = frame[frame["wave"] != first].copy()
    later["wave"] = later["wave"].cat.remove_unused_categories()
    later[BEFORE] = later["person"].astype(str).map(known).astype(float)
    later["score"] = later["score"].where(later[BEFORE].notna())
    if later["score"].notna().any():
        return later.reset_index(drop=True)
    raise no_score_before(entry)


def no_score_before(entry: PlanEntry) -> FitError:
    """Why an entry that is to be adjusted for the first wave cannot be."""
    return FitError.of(
        found=f"`{entry.id}` has `baseline: ancova` and no answers at a wave before its contrast",
        where=f"plan.yaml, entry {entry.id}",
        expected="answers at the first wave, before the wave that is compared",
        action="leave `baseline` out",
    )


def model(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """score ~ wave + arm at each later wave + strata + (1 | unit) + (1 | unit:wave) + ... + (1 | person); with arm
    at the first wave, and differences of changes since then, where arms were not formed by lot.

    frame: a row per person and wave, as `frames` makes it. Contrasts at waves with fewer persons of an arm than the
    minimum are left out with a warning, but for the planned one.
    """
    waves, primary = contrast_waves(frame, study), primary_wave(frame, entry, study)
    shown = [w for w in waves if w == primary or _least(frame, study, w) >= study.min_cell_size]
    since = compared_since(frame, study)
    targets = tuple(_target(study, w, since, w == primary) for w in sorted(shown, key=lambda w: w != primary))
    columns = tuple(effect_column(study.treated_arm, w) for w in difference_waves(frame, study))
    effects = Parts(
        (*wave_terms(frame), *columns),
        ("ancova_baseline" if entry.adjusted else _baseline_method(frame, study, since),),
        tuple(_no_contrast(entry, study, frame, w) for w in later_waves(frame, study) if w not in shown),
    )
    parts = modelled(effects, entry, plan, study, frame)
    return Model("score ~ " + " + ".join(parts.terms), targets, parts.methods, parts.warnings)


def _target(study: Study, wave: int, since: int | None, primary: bool) -> Target:
    """The difference of the arms at a wave, or how much it changed since an earlier one."""
    arm = study.treated_arm
    weights = {effect_column(arm, wave): 1.0, **({} if since is None else {effect_column(arm, since): -1.0})}
    return Target(weights, Contrast(arm, study.reference_arm, wave, from_wave=since), primary)


def _baseline_method(frame: pd.DataFrame, study: Study, since: int | None) -> str:
    """The id of what the report says about the first wave."""
    if not study.by_lot:
        return "plain_difference" if since is None else "free_baseline"
    scored = scored_waves(frame)
    shared = str(study.waves[0].number) in scored and len(scored) > 1
    return "constrained_baseline" if shared else "without_baseline"


def effect_column(arm: str, wave: int) -> str:
    """Name of the indicator that is 1 for persons of `arm` at `wave`: the coefficient that is the effect."""
    return f"{arm}_wave{wave}"


def _waves(frame: pd.DataFrame) -> list[int]:
    return [int(w) for w in frame["wave"].cat.categories]


def later_waves(frame: pd.DataFrame, study: Study) -> list[int]:
    """Wave numbers after the baseline of which the frame has rows."""
    return [w for w in _waves(frame) if w >= first_treated_wave(study)]


def primary_wave(frame: pd.DataFrame, entry: PlanEntry, study: Study) -> int:
    """The wave of the planned contrast: the entry's own, or the last."""
    return entry.wave if entry.wave is not None else max(later_waves(frame, study), default=-1)


def contrast_waves(frame: pd.DataFrame, study: Study) -> list[int]:
    """Later waves at which both arms have scores; at others the waves are informed, the contrast is not."""
    return [w for w in later_waves(frame, study) if _least(frame, study, w) > 0]


def difference_waves(frame: pd.DataFrame, study: Study) -> list[int]:
    """The waves at which the arms have means of their own: the later ones, and the first where it was not by lot."""
    return [*_free_baseline(frame, study), *contrast_waves(frame, study)]


def compared_since(frame: pd.DataFrame, study: Study) -> int | None:
    """The wave from which changes are compared: the first, of arms not formed by lot, where enough persons of each
    answered it; else None, and the arms are compared at a later wave as they are."""
    baseline = _free_baseline(frame, study)
    return next((w for w in baseline if _least(frame, study, w) >= study.min_cell_size), None)


def _free_baseline(frame: pd.DataFrame, study: Study) -> list[int]:
    """The wave before the start, where both arms answered it and were not formed by lot; [] where there is none."""
    first = study.waves[0].number
    before = not study.by_lot and first < first_treated_wave(study)
    return [first] if before and _least(frame, study, first) > 0 else []


def _answered(frame: pd.DataFrame, study: Study, wave: int) -> dict[str, int]:
    """Persons with a score by arm at a wave."""
    here = ((frame["wave"] == str(wave)) & frame["score"].notna()).to_numpy()
    persons, arms = frame["person"].cat.codes.to_numpy()[here], frame["arm"].to_numpy()[here]
    return {a.id: len(np.unique(persons[arms == a.id])) for a in study.arms}


def _least(frame: pd.DataFrame, study: Study, wave: int) -> int:
    return min(_answered(frame, study, wave).values())


def _no_contrast(entry: PlanEntry, study: Study, frame: pd.DataFrame, wave: int) -> str:
    answered = _answered(frame, study, wave)
    arm = min(answered, key=lambda a: answered[a])
    few = "no answers" if answered[arm] == 0 else f"answers of fewer than {study.min_cell_size} persons"
    return f"{entry.id}: no contrast at wave {wave}: {few} in arm {arm}."


def _require_contrast(frame: pd.DataFrame, entry: PlanEntry, study: Study) -> None:
    wave = primary_wave(frame, entry, study)
    answered = _answered(frame, study, wave)
    least = min(answered.values())
    if least >= study.min_cell_size and wave in later_waves(frame, study):
        return
    arms = ", ".join(arm for arm, n in answered.items() if n == least)
    found = f"no answers of {arms} at wave {wave}"
    if wave < first_treated_wave(study):
        found = f"`{entry.outcome}` has no answers after the baseline"
    elif least:
        found = f"answers of fewer than {study.min_cell_size} persons of {arms} at wave {wave}"
    raise FitError.of(
        found=f"`{entry.id}` cannot be estimated: {found}",
        where=f"plan.yaml, entry {entry.id}, sample {entry.sample}",
        expected=f"at least {study.min_cell_size} persons of each arm at the wave of the planned contrast",
        action="look at the flow table; another wave is a deviation to report",
    )
