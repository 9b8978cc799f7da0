"""Stage analyse: how well one scale was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import design
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Stage, Tables


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Reliability, items, descriptives, stability over waves, factors, invariance."""
    from dww_analysis.scales import analyse_scale, measure_invariance

    files, scale = project.files, project.scale(name)
    analysis = analyse_scale(tables["answers"], tables["scores"], scale)
    sameness = measure_invariance(tables["answers"], scale, files.study, files.measurement)
    return {
        "reliability": analysis.reliability,
        "items": analysis.items,
        "descriptives": analysis.descriptives,
        "stability": analysis.stability,
        "invariance": sameness.verdicts,
        "invariance_steps": sameness.steps,
        "factor_structure": sameness.structure,
    }


def _config(project: Project, name: str) -> tuple[Any, ...]:
    return bare(project.scale(name)), bare(project.files.measurement), design(project)["arms"]


STAGE = Stage(
    "analyse",
    per="scale",
    reads=lambda project, name: {
        "answers": places.MEASUREMENTS.at(project.paths),
        "scores": places.SCORES.at(project.paths, name),
    },
    makes=places.MEASUREMENT,
    config=_config,
    run=_run,
    names=lambda project: [s.id for s in project.files.scales],
)
