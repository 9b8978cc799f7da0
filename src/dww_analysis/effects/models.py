"""From one plan entry to one lme4-style formula: the design's own model, or the formula the plan gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dww_analysis.domain.contrasts import PER_WAVE, Contrast
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.frames import effect_column, later_waves


@dataclass(frozen=True)
class Target:
    """One thing a model estimates: a weighted sum of its coefficients, and what that compares."""

    weights: Mapping[str, float]  # coefficient -> weight
    contrast: Contrast
    primary: bool  # whether it is the planned contrast of the entry

    @property
    def term(self) -> str:
        """The coefficient, or the sum of coefficients, as text."""
        if list(self.weights.values()) == [1.0]:
            return next(iter(self.weights))
        return " + ".join(f"{weight:.4g} {name}" for name, weight in self.weights.items())


@dataclass(frozen=True)
class Model:
    """What is fitted and which sums of coefficients are estimates, the planned one first."""

    formula: str
    targets: tuple[Target, ...]
    methods: tuple[str, ...]  # ids of method sentences for the report
    warnings: tuple[str, ...] = ()

    @property
    def planned(self) -> Target:
        """The entry's own contrast."""
        return next(t for t in self.targets if t.primary)


def model_for(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """The model of one entry; warns when a team-allocated trial is analysed without team by wave."""
    if entry.formula is not None:
        return _given(entry, study, frame)
    return _constrained_baseline(entry, plan, study, frame)


def _given(entry: PlanEntry, study: Study, frame: pd.DataFrame) -> Model:
    right = str(entry.formula).split("~", 1)[1].strip()
    target = Target({str(entry.term): 1.0}, coefficient_contrast(str(entry.term), study, frame), True)
    warnings: tuple[str, ...] = ()
    if study.has_arms and "arm" in right and "team:wave" not in right.replace(" ", ""):
        warnings = (_without_team_by_wave(entry),)
    return Model(f"score ~ {right}", (target,), ("given_formula",), warnings)


def coefficient_contrast(term: str, study: Study, frame: pd.DataFrame) -> Contrast:
    """What a coefficient of a given formula compares: arms, waves, both (a difference of changes), or a slope."""
    arms = {f"arm{a.id}": a.id for a in study.arms[1:]}
    first, *later = (int(w) for w in frame["wave"].cat.categories)
    waves = {f"wave{w}": w for w in later}
    parts = term.split(":")
    arm = next((arms[p] for p in parts if p in arms), "")
    wave = next((waves[p] for p in parts if p in waves), None)
    rest = [p for p in parts if p not in arms and p not in waves]
    per = ":".join(PER_WAVE if p == "wave_number" else p for p in rest)
    return Contrast(
        arm, study.arms[0].id if arm else "", wave, from_wave=None if wave is None else first, per=per
    )


def _constrained_baseline(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """score ~ wave + arm at each later wave + strata + (1 | team) + (1 | team:wave) + (1 | person).

    The team by wave term makes the effect of a team-level intervention be judged against how much teams differ at
    that wave; without it the denominator df counts persons.
    """
    arm, reference = study.arms[1].id, study.arms[0].id
    waves = later_waves(frame)
    primary = waves[-1] if entry.wave is None else entry.wave
    targets = tuple(
        Target({effect_column(arm, w): 1.0}, Contrast(arm, reference, w), w == primary)
        for w in sorted(waves, key=lambda w: w != primary)
    )
    fixed, random, methods = _strata(plan, study, frame)
    parts = ["wave", *(effect_column(arm, w) for w in waves), *fixed, *random, "(1 | team)"]
    if entry.team_by_wave:
        parts.append("(1 | team:wave)")
    parts.append("(1 | person)")
    warnings = () if entry.team_by_wave else (_without_team_by_wave(entry),)
    return Model("score ~ " + " + ".join(parts), targets, ("constrained_baseline", *methods), warnings)


def _strata(plan: Plan, study: Study, frame: pd.DataFrame) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Organisations as fixed strata while they are few, as a random term when they are many."""
    allocation = study.allocation
    n_organisations = frame["organisation"].nunique()
    if allocation is None or n_organisations < 2:
        return [], [], ()
    if allocation.strata == "organisation" and n_organisations < plan.organisations_fixed_below:
        return ["organisation"], [], ("organisation_fixed",)
    return [], ["(1 | organisation)"], ("organisation_random",)


def _without_team_by_wave(entry: PlanEntry) -> str:
    return (
        f"{entry.id}: the model has no (1 | team:wave). Teams were allocated, so an effect at a wave has to be judged "
        "against how much teams differ at that wave; without the term the df counts persons and the p value is "
        "usually too small."
    )
