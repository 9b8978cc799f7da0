"""What several stages share: slices of configuration without words, and where the allocation is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from dww_analysis.domain.study import Study
from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.slices import bare


def design(project: Project) -> dict[str, Any]:
    """Who is measured, when and under which condition: ids and rules, no dates, no words."""
    study = project.files.study
    return {
        "study": (study.id, study.data, study.design),
        "waves": [w.number for w in study.waves],
        "arms": [a.id for a in study.arms],
        "samples": list(study.samples),
        "allocation": bare(study.allocation),
        "background": bare(study.background),
    }


def dates(project: Project) -> dict[str, Any]:
    """The dates that say to which wave a moment belongs."""
    study = project.files.study
    return {"waves": [(w.number, w.date) for w in study.waves], "delivered": study.delivered}


def printed(project: Project) -> Study:
    """The study in words as tables and figures print it: without what stands on the page around them only."""
    return replace(project.files.study, title={}, contact="", citation={}, delivered="", seed=0)


def reporting(project: Project) -> dict[str, Any]:
    """What decides which numbers may be shown."""
    return {"min_cell_size": project.files.study.min_cell_size}


def drawable_read(project: Project) -> dict[str, Path]:
    """The allocations that could have been drawn, where a list says which; else {}. A part of `reads`, as
    `allocation_read`."""
    allocation = project.files.study.allocation
    listed = allocation is not None and allocation.listed
    return {"drawable": places.DRAWABLE.at(project.paths)} if listed else {}


def allocation_read(project: Project) -> dict[str, Path]:
    """{"allocation": file} in designs with arms; else {}. A part of `reads`."""
    return {"allocation": places.ALLOCATION.at(project.paths)} if project.files.study.has_arms else {}
