"""A plan entry as stages meet it: the scales it needs, and the slice of configuration that decides its numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dww_analysis.domain.plan import Missing, PlanEntry
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import reporting
from dww_analysis.stages.slices import bare


def entry_slice(project: Project, name: str) -> tuple[Any, ...]:
    """Everything that decides the numbers of one plan entry, without words: its resolved form and the settings. What is
    done about missing values is a slice of its own (stage impute).

    ConfigError for a name that is not in the plan.
    """
    from dww_analysis.config.resolved import resolve_entry

    without = replace(project.files, plan=replace(project.files.plan, missing=Missing()))
    facts = resolve_entry(without, project.entry(name)).facts
    return facts, _settings(project)


def _settings(project: Project) -> dict[str, Any]:
    plan, study = project.files.plan, project.files.study
    return {
        "conf_level": plan.conf_level,
        "organisations_fixed_below": plan.organisations_fixed_below,
        "seed": study.seed,
        "linking": bare(study.linking) if project.code_sources() else None,
        **reporting(project),
    }


def covariate_scales(project: Project, entry: PlanEntry) -> list[str]:
    """Ids of the scales, beside the outcome's, that the entry's formula or covariates name."""
    if entry.formula is None and not entry.covariates:
        return []
    from dww_analysis.effects.frames import covariate_names

    known = {s.id for s in project.files.scales}
    names = {n.split(".")[0] for n in covariate_names(entry, project.files.study)}
    return sorted(names & known)
