"""Stage interpretations: what units said about their numbers, which of it is for every reader, and which is a story."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dww_analysis.domain.study import say
from dww_analysis.domain.tables.cycle import SHARED
from dww_analysis.language import LANGUAGES
from dww_analysis.stages import places
from dww_analysis.stages.cycles import named_units, stage_of
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Tables

TOLD = {"told": places.CYCLE["interpretations"], "shared": places.CYCLE_SHARED}


def for_all(rows: pd.DataFrame) -> pd.DataFrame:
    """What is shared with all (column share), of the study as a whole or of a unit, without the name of the unit:
    columns of `SHARED`, the same text once."""
    found = rows[rows["share"] == "all"]
    return found[list(SHARED.names)].drop_duplicates().reset_index(drop=True)


def tells_stories(project: Project) -> bool:
    """Whether the study has a talking picture, which has a place for them (`praatplaat` among its documents)."""
    return bool(project.files.reports.languages_of("praatplaat"))


def _makes(project: Project) -> dict[str, Place]:
    return {**TOLD, "stories": places.CYCLE_STORIES} if tells_stories(project) else TOLD


def _parts(rows: pd.DataFrame, project: Project, tables: Tables) -> tuple[dict[str, Any], list[str]]:
    from dww_analysis.practice import stories_of

    shared = for_all(rows)
    made = {"told": rows, "shared": shared}
    if not tells_stories(project):
        return made, []
    labels = project.files.study.level_labels
    levels = {
        "team",
        *(say(labels[level], language) for level in ("team", "organisation") for language in LANGUAGES),
    }
    stories, named = stories_of(shared, named_units(project, tables), levels)
    notes = (
        [f"interpretations: {named} stories name a unit and are not on the talking picture"] if named else []
    )
    return {**made, "stories": stories}, notes


STAGE = stage_of("interpretations", _makes, _parts)
