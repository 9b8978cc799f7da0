"""Stage score: the items of one scale to its scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Stage, Tables


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Score one scale."""
    from dww_analysis.scales import score_scale

    return {"scores": score_scale(tables["answers"], tables["missing"], project.scale(name))}


STAGE = Stage(
    "score",
    per="scale",
    reads=lambda project, name: {
        "answers": places.MEASUREMENTS.at(project.paths),
        "missing": places.MISSING.at(project.paths),
    },
    makes={"scores": places.SCORES},
    config=lambda project, name: (bare(project.scale(name)),),
    run=_run,
    names=lambda project: [s.id for s in project.files.scales],
)
