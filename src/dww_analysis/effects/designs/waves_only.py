"""Waves without arms: the plan gives a formula, and what it estimates is a change or an association."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.models import Model
from dww_analysis.errors import PlanError


def prepare(frame: pd.DataFrame, entry: PlanEntry, study: Study) -> pd.DataFrame:
    """The frame as it is."""
    return frame


def model(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """Refused: without arms there is no standard contrast."""
    raise PlanError.of(
        found=f"entry `{entry.id}` has no formula",
        where="plan.yaml",
        expected="a formula and a term: a design without arms has no standard contrast",
        action=f"add for example `formula: {entry.outcome} ~ wave_number + (1 | person)`, `term: wave_number`",
    )
