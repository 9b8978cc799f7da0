"""What the run would say of the entries by the answers as they are, before anything is fitted."""

from __future__ import annotations

from functools import cache

import pandas as pd

from dww_analysis.domain.coverage import COVERAGE
from dww_analysis.domain.plan import EMPLOYED, PlanEntry
from dww_analysis.stages.entries import covariate_scales
from dww_analysis.stages.project import Project


def answered_lines(
    project: Project, answers: pd.DataFrame, missing: pd.DataFrame, drawable: pd.DataFrame | None
) -> list[str]:
    """A line for everything that the run would say of an entry about a scale: why it is not estimated, and what its
    model warns of. answers, missing: of all sources together; drawable: as `foreseen_problems` has it."""
    from dww_analysis.effects.fitted import EntryData
    from dww_analysis.effects.foreseen import answered_notes
    from dww_analysis.scales import score_scale

    @cache
    def scores(scale: str) -> pd.DataFrame:
        return score_scale(answers, missing, project.scale(scale))

    def data_of(entry: PlanEntry) -> EntryData:
        scale, files = project.outcome_scale(entry), project.files
        others = {other: scores(other) for other in covariate_scales(project, entry)}
        own = scores(scale.id)
        return EntryData(entry, files.plan, files.study, scale, own, others, answers, drawable=drawable)

    lines: list[str] = []
    for entry in project.files.plan.entries:
        if project.record_sources(entry) or entry.population == EMPLOYED:
            continue
        if project.outcome_scale(entry).delivered != COVERAGE:
            lines += answered_notes(data_of(entry))
    return lines
