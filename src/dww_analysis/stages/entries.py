"""A plan entry as stages meet it: the scales it needs, and everything that decides its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import design, reporting
from dww_analysis.stages.slices import bare, slice_hash


@dataclass(frozen=True)
class ResolvedEntry:
    """Everything that decides the numbers of one plan entry, without words.

    scales: the outcome's and those that the formula names, by id, with their scoring keys. family: how it is
    corrected, and with which other entries. settings: level of confidence, seed, minimum of persons, linking.
    """

    entry: Mapping[str, Any]
    scales: Mapping[str, Any]
    family: Mapping[str, Any]
    design: Mapping[str, Any]
    settings: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """A hash that changes when a number could."""
        return slice_hash(self)


def resolved_entry(project: Project, name: str) -> ResolvedEntry:
    """The entry as it is estimated; ConfigError for a name that is not in the plan."""
    entry, plan = project.entry(name), project.files.plan
    wanted = [project.outcome_scale(entry).id, *covariate_scales(project, entry)]
    return ResolvedEntry(
        entry={k: v for k, v in bare(entry).items() if k != "status"},
        scales={scale: bare(project.scale(scale)) for scale in wanted},
        family={
            "adjust": plan.families[entry.family].adjust,
            "members": sorted(e.id for e in plan.entries if e.family == entry.family),
        },
        design=design(project),
        settings=_settings(project),
    )


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
    """Ids of the scales, beside the outcome's, that the entry's formula names."""
    if entry.formula is None:
        return []
    from dww_analysis.effects.frames import covariate_names

    known = {s.id for s in project.files.scales}
    names = {n.split(".")[0] for n in covariate_names(entry, project.files.study)}
    return sorted(names & known)
