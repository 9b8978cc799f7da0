"""Stage families: all estimates together, with p values corrected for many tests within families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.stages import places
from dww_analysis.stages.estimate import columns_of_parts
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Stage, Tables, where_answered

ENTRY_PARTS = {
    "estimates": places.ENTRY_ESTIMATES,
    "components": places.ENTRY_COMPONENTS,
    "correlations": places.ENTRY_CORRELATIONS,
    "weighting": places.ENTRY_WEIGHTING,
    "sensitivity": places.ENTRY_SENSITIVITY,
}


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Put all estimates together and correct the p values within families."""
    from dww_analysis.effects import adjust_families

    columns = columns_of_parts()
    together = {part: _stack(list(tables[part].values()), columns[part]) for part in ENTRY_PARTS}
    return {**together, "estimates": adjust_families(together["estimates"], project.files.plan)}


def _stack(frames: list[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    filled = [f for f in frames if len(f)]
    if not filled:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(filled, ignore_index=True)[list(columns)]


def _reads(project: Project, name: str) -> dict[str, Any]:
    entries = [e.id for e in project.files.plan.entries]
    return {part: {e: place.at(project.paths, e) for e in entries} for part, place in ENTRY_PARTS.items()}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    plan = project.files.plan
    families = [(f.id, f.adjust) for f in plan.families.values()]
    return families, plan.primary, [(e.id, e.family) for e in plan.entries]


STAGE = Stage(
    "families",
    per="study",
    reads=_reads,
    makes={
        "estimates": places.ESTIMATES,
        "components": places.COMPONENTS,
        "correlations": places.CORRELATIONS,
        "weighting": places.WEIGHTING,
        "sensitivity": places.SENSITIVITY,
    },
    config=_config,
    run=_run,
    names=lambda project: where_answered(project, "plan"),
)
