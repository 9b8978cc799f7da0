"""Whether every given formula of the plan has the coefficient it names, before anything is estimated."""

from __future__ import annotations

from functools import cache

import pandas as pd

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.errors import DwwError, Problem
from dww_analysis.stages.entries import covariate_scales
from dww_analysis.stages.project import Project


def term_problems(project: Project, answers: pd.DataFrame, missing: pd.DataFrame) -> list[Problem]:
    """Problems of the entries with a formula of their own: a coefficient that is not among those of the model, and
    what kept it from being built. [] where all are there. answers, missing: rows of all sources together."""
    from dww_analysis.effects.coefficients import require_term
    from dww_analysis.scales import score_scale

    @cache
    def scores(scale: str) -> pd.DataFrame:
        return score_scale(answers, missing, project.scale(scale))

    def check(entry: PlanEntry) -> None:
        outcome = scores(project.outcome_scale(entry).id)
        covariates = {other: scores(other) for other in covariate_scales(project, entry)}
        require_term(entry, project.files.study, outcome, covariates, answers)

    problems: list[Problem] = []
    for entry in project.files.plan.entries:
        if entry.formula is not None:
            try:
                check(entry)
            except DwwError as error:
                problems += error.problems
    return problems
