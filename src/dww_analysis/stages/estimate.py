"""Stage estimate: one plan entry to its estimates. What cannot be estimated is saved as such, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis.domain.estimate import COLUMNS as ESTIMATE_COLUMNS
from dww_analysis.domain.study import say
from dww_analysis.stages import places
from dww_analysis.stages.entries import covariate_scales, entry_slice
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Made, Stage, Tables

LINK_COLUMNS = ["sample", "person", "wave", "person_exact", "person_fuzzy", "person_none"]


def _run(project: Project, name: str, tables: Tables) -> Made:
    """Estimate one plan entry, or say why it cannot be estimated."""
    from dww_analysis.effects.answered import answered
    from dww_analysis.effects.estimate import EntryData

    files, entry = project.files, project.entry(name)
    scores, scale = tables["scores"], project.outcome_scale(entry)
    covariates = {other: scores[other] for other in covariate_scales(project, entry)}
    links = _links(tables)
    data = EntryData(
        entry, files.plan, files.study, scale, scores[scale.id], covariates, tables["answers"], links
    )
    found = answered(data, tables["careless"])
    parts = {
        "estimates": found.result.estimates,
        "components": found.result.components,
        "sensitivity": found.sensitivity,
        "fit": found.result.record,
    }
    return Made(parts, found.result.record.get("warnings", []))


def columns_of_parts() -> dict[str, Sequence[str]]:
    """part -> columns of the tables of an entry, also where nothing is in them."""
    from dww_analysis.effects.answered import COMPONENT_COLUMNS
    from dww_analysis.effects.sensitivity import COLUMNS as SENSITIVITY_COLUMNS

    return {
        "estimates": ESTIMATE_COLUMNS,
        "components": COMPONENT_COLUMNS,
        "sensitivity": SENSITIVITY_COLUMNS,
    }


def _links(tables: Tables) -> pd.DataFrame | None:
    """Who is who by each rule of linking, in studies whose persons made their own codes."""
    if "links" not in tables:
        return None
    rows = tables["links"]
    return rows.loc[rows["kept"], LINK_COLUMNS]


def _reads(project: Project, name: str) -> dict[str, Any]:
    paths, entry = project.paths, project.entry(name)
    wanted = [project.outcome_scale(entry).id, *covariate_scales(project, entry)]
    scores: dict[str, Path] = {scale: places.SCORES.at(paths, scale) for scale in wanted}
    found = {
        "answers": places.MEASUREMENTS.at(paths),
        "careless": places.CARELESS.at(paths),
        "scores": scores,
    }
    return found | ({"links": places.LINKS.at(paths)} if project.code_sources() else {})


def _config(project: Project, name: str) -> tuple[Any, ...]:
    entry = project.entry(name)
    unit = say(entry.unit or project.outcome_scale(entry).unit, "en")  # a column of the estimates
    return *entry_slice(project, name), entry.status, unit


STAGE = Stage(
    "estimate",
    per="entry",
    reads=_reads,
    makes={
        "estimates": places.ENTRY_ESTIMATES,
        "components": places.ENTRY_COMPONENTS,
        "sensitivity": places.ENTRY_SENSITIVITY,
        "fit": places.ENTRY_FIT,
    },
    config=_config,
    run=_run,
    names=lambda project: [e.id for e in project.files.plan.entries],
)
