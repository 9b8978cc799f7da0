"""Stage participation: who answered again, by arm, wave and earlier answers, where the plan names what goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.tables.absent import PARTICIPATION
from dww_analysis.errors import openly
from dww_analysis.stages import places
from dww_analysis.stages.impute import background_of, employed_of, records_read
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import design, reporting
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Stage, Tables, stacked

TABLES = (PARTICIPATION.name,)


def described(project: Project) -> list[PlanEntry]:
    """The primary outcomes that persons answered, each once a sample, where the plan has `missing: participation`;
    else []. Outcomes of personnel records are nobody's answers."""
    plan = project.files.plan
    if not plan.missing.participation:
        return []
    own = [e for e in plan.entries if e.family == plan.primary and not project.record_sources(e)]
    return list({(e.outcome, e.sample): e for e in reversed(own)}.values())[::-1]


def participation_tables(project: Project) -> list[str]:
    """Names of the tables about participation; none where the plan does not ask for it."""
    return list(TABLES) if described(project) else []


def _run(project: Project, name: str, tables: Tables) -> Made:
    """One model per primary outcome, through the gate; what cannot be modelled is a row that says so."""
    from dww_analysis.effects.missing.participation import no_participation
    from dww_analysis.effects.refusals import REFUSALS
    from dww_analysis.privacy.gate import let_out

    found, warnings = [], []
    for entry in described(project):
        try:
            found.append(_table(project, entry, tables))
        except REFUSALS as error:
            found.append(no_participation(entry.id))
            warnings.append(f"{entry.id}: {openly(error)}")
    shown = let_out({PARTICIPATION.name: stacked(found)}, project.files.study.min_cell_size)
    return Made(shown, warnings)


def _table(project: Project, entry: PlanEntry, tables: Tables) -> pd.DataFrame:
    from dww_analysis.effects.missing.participation import (
        later_rows,
        participation_frame,
        participation_table,
    )

    study, answers = project.files.study, tables["answers"]
    own = answers[answers["sample"] == entry.sample]
    there = own[own["participated"].astype(bool)] if "participated" in own else own
    rows = later_rows(there, there["wave"].unique(), employed_of(tables.get("records", {}), entry.sample))
    scores = tables["scores"][project.outcome_scale(entry).id]
    mine = scores[(scores["scale"] == entry.outcome) & (scores["sample"] == entry.sample)]
    names = [n for n in background_of(project) if n in own]
    known = own.sort_values("wave", kind="stable").groupby("person")[names].first().reset_index()
    frame = participation_frame(rows, mine, known, study)
    return participation_table(entry.id, frame, names, study, project.files.plan.conf_level)


def _reads(project: Project, name: str) -> Mapping[str, Any]:
    paths = project.paths
    scales = {project.outcome_scale(e).id for e in described(project)}
    found = {
        "answers": places.MEASUREMENTS.at(paths),
        "scores": {scale: places.SCORES.at(paths, scale) for scale in sorted(scales)},
    }
    return found | records_read(project)


def _config(project: Project, name: str) -> tuple[Any, ...]:
    entries = [(e.id, e.outcome, e.sample) for e in described(project)]
    return (
        entries,
        bare(project.files.plan.missing.participation),
        project.files.plan.conf_level,
        design(project),
        reporting(project),
    )


STAGE = Stage(
    "participation",
    per="study",
    reads=_reads,
    makes=lambda project: {table: places.safe_table(table) for table in participation_tables(project)},
    config=_config,
    run=_run,
    names=lambda project: ["study"] if described(project) else [],
)
