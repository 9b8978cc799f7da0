"""A formula that the plan gives instead of the design's own model, and what its coefficient may be called."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.contrasts import PER_WAVE, Contrast
from dww_analysis.domain.formulas import Terms
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.study import Study, level_of
from dww_analysis.effects.designs.terms import WITHOUT_UNIT_BY_WAVE, without_unit_by_wave
from dww_analysis.effects.frames import covariate_names
from dww_analysis.effects.models import Model, Target


def given_model(entry: PlanEntry, study: Study, frame: pd.DataFrame) -> Model:
    """The formula as given, with its one coefficient as the planned contrast. Warns where it lacks the unit by wave,
    and where its coefficient is an association only. Columns that the frame lacks are refused when it is fitted."""
    right = str(entry.formula).split("~", 1)[1].strip()
    contrast = coefficient_contrast(str(entry.term), study, frame)
    weak = [*_over_all_waves(entry, contrast, study, frame), *_after_the_start(entry, contrast, study)]
    lacking = _unit_by_wave(entry, right, study)
    return Model(
        f"score ~ {right}",
        (Target({str(entry.term): 1.0}, contrast, True),),
        ("given_formula", *([WITHOUT_UNIT_BY_WAVE] if lacking else [])),
        (*lacking, *weak),
        association=bool(weak),
    )


def coefficient_contrast(term: str, study: Study, frame: pd.DataFrame) -> Contrast:
    """What a coefficient of a given formula compares: arms, waves, both (a difference of changes), or a slope. term:
    its name as the model's column has it."""
    arms = {f"arm{a.id}": a.id for a in study.arms if a.id != study.reference_arm}
    first, *later = (int(w) for w in frame["wave"].cat.categories)
    waves = {f"wave{w}": w for w in later}
    parts = term.split(":")
    arm = next((arms[p] for p in parts if p in arms), "")
    wave = next((waves[p] for p in parts if p in waves), None)
    rest = [p for p in parts if p not in arms and p not in waves]
    per = ":".join(PER_WAVE if p == "wave_number" else p for p in rest)
    reference = study.reference_arm if arm else ""
    return Contrast(arm, reference, wave, from_wave=None if wave is None else first, per=per)


def _unit_by_wave(entry: PlanEntry, right: str, study: Study) -> list[str]:
    unit = study.unit
    if not study.has_arms or "arm" not in right or unit == "person":
        return []
    groups = {level_of(":".join(level)) for level in Terms.read(f"score ~ {right}").levels}
    return [] if f"{unit}:wave" in groups else [without_unit_by_wave(entry, unit)]


def _over_all_waves(entry: PlanEntry, contrast: Contrast, study: Study, frame: pd.DataFrame) -> list[str]:
    """An arm's coefficient that the baseline takes part in, where allocation cannot have worked yet."""
    waves = [int(w) for w in frame["wave"].cat.categories]
    baseline = study.waves[0].number in waves and len(waves) > 1
    if not contrast.arm or contrast.wave is not None or contrast.per or not baseline:
        return []
    return [
        f"{entry.id}: `{entry.term}` compares the arms over all waves, the one before the start included. Allocation "
        "cannot have worked then, so this is called an association; the design's own model compares the arms at each "
        "later wave."
    ]


def _after_the_start(entry: PlanEntry, contrast: Contrast, study: Study) -> list[str]:
    """Covariates that were measured at every wave, so also after the start, and are not named as mediators."""
    fixed = {b.name for b in study.background}
    names = [n for n in covariate_names(entry, study) if n not in fixed and n not in entry.mediators]
    if not contrast.arm or not names:
        return []
    return [
        f"{entry.id}: {', '.join(names)} in the formula was measured after the start and may itself be changed by it, "
        "so the coefficient is called an association. `mediators` in plan.yaml names what is meant as a mediator."
    ]
