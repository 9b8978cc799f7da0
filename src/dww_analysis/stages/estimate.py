"""Stage estimate: one plan entry to its estimates. What cannot be estimated is saved as such, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis.domain.estimate import COLUMNS as ESTIMATE_COLUMNS
from dww_analysis.domain.study import say
from dww_analysis.errors import FitError
from dww_analysis.stages import places
from dww_analysis.stages.entries import covariate_scales, resolved_entry
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Made, Stage, Tables

COMPONENT_COLUMNS = (
    "entry", "group", "term_1", "term_2", "estimate", "sd_or_correlation", "conf_low", "conf_high", "boundary",
)  # fmt: skip
LINK_COLUMNS = ["sample", "person", "wave", "person_exact", "person_fuzzy", "person_none"]


def _run(project: Project, name: str, tables: Tables) -> Made:
    """Estimate one plan entry, or say why it cannot be estimated."""
    from dww_analysis.effects import EntryData, fit_entry, read_estimates, sensitivity_of

    files, entry = project.files, project.entry(name)
    others = covariate_scales(project, entry)
    scores = tables["scores"]
    scale = project.outcome_scale(entry)
    covariates = {other: scores[other] for other in others}
    answers = tables["answers"]
    links = _links(tables)
    try:
        data = EntryData(entry, files.plan, files.study, scale, scores[scale.id], covariates, answers, links)
        found = fit_entry(data)
        result, sensitivity = read_estimates(data, found), sensitivity_of(data, found, tables["careless"])
    except FitError as error:
        return _not_estimated(entry.id, entry.outcome, error)
    parts = {
        "estimates": result.estimates,
        "components": result.components,
        "sensitivity": sensitivity,
        "fit": result.record,
    }
    return Made(parts, result.record.get("warnings", []))


def _not_estimated(entry: str, outcome: str, error: FitError) -> Made:
    empty = {part: pd.DataFrame(columns=list(names)) for part, names in columns_of_parts().items()}
    return Made({**empty, "fit": {"entry": entry, "outcome": outcome, "failed": str(error)}})


def columns_of_parts() -> dict[str, Sequence[str]]:
    """part -> columns of the tables of an entry, also where nothing is in them."""
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
    return resolved_entry(project, name), entry.status, unit


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
