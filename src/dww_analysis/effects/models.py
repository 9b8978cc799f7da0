"""From one plan entry to one lme4-style formula: the design's own model, or the formula the plan gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.frames import effect_column, later_waves


@dataclass(frozen=True)
class Model:
    """What is fitted and which coefficients are estimates.

    terms: coefficient name -> (contrast in words of the design, wave or None, whether it is the entry's primary one).
    """

    formula: str
    terms: Mapping[str, tuple[str, int | None, bool]]
    methods: tuple[str, ...]  # ids of method sentences for the report
    warnings: tuple[str, ...] = ()


def model_for(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """The model of one entry; warns when a team-allocated trial is analysed without team by wave."""
    if entry.formula is not None:
        return _given(entry, study)
    return _constrained_baseline(entry, plan, study, frame)


def _given(entry: PlanEntry, study: Study) -> Model:
    right = str(entry.formula).split("~", 1)[1].strip()
    contrast = {"wave_number": "per wave"}.get(str(entry.term), f"per unit of {entry.term}")
    warnings: tuple[str, ...] = ()
    if study.has_arms and "arm" in right and "team:wave" not in right.replace(" ", ""):
        warnings = (_without_team_by_wave(entry),)
    return Model(f"score ~ {right}", {str(entry.term): (contrast, None, True)}, ("given_formula",), warnings)


def _constrained_baseline(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """score ~ wave + arm at each later wave + strata + (1 | team) + (1 | team:wave) + (1 | person).

    The team by wave term makes the effect of a team-level intervention be judged against how much teams differ at
    that wave; without it the denominator df counts persons.
    """
    arm, reference = study.arms[1].id, study.arms[0].id
    waves = later_waves(frame)
    primary = waves[-1] if entry.wave is None else entry.wave
    terms = {
        effect_column(arm, w): (f"{arm} - {reference}, wave {w}", w, w == primary)
        for w in sorted(waves, key=lambda w: w != primary)
    }
    fixed, random, methods = _strata(plan, study, frame)
    parts = ["wave", *(effect_column(arm, w) for w in waves), *fixed, *random, "(1 | team)"]
    if entry.team_by_wave:
        parts.append("(1 | team:wave)")
    parts.append("(1 | person)")
    warnings = () if entry.team_by_wave else (_without_team_by_wave(entry),)
    return Model("score ~ " + " + ".join(parts), terms, ("constrained_baseline", *methods), warnings)


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
