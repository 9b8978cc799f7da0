"""Stage estimate: one plan entry to its estimates. What cannot be estimated is saved as such, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dww_analysis.domain.estimate import COLUMNS as ESTIMATE_COLUMNS
from dww_analysis.domain.study import say
from dww_analysis.domain.tables.effects import CORRELATIONS, SENSITIVITY, VARIANCE_COMPONENTS, WEIGHTING
from dww_analysis.stages import places
from dww_analysis.stages.entries import (
    contracts_beside,
    entry_data,
    entry_reads,
    entry_slice,
    with_contracts_beside,
)
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import dates
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Stage, Tables


def _run(project: Project, name: str, tables: Tables) -> Made:
    """Estimate one plan entry, or say why it cannot be estimated."""
    from dww_analysis.effects.answered import answered

    careless = tables["careless"]
    if project.record_sources(project.entry(name)):
        careless = careless.iloc[:0]  # nobody answered what records say
    data = with_contracts_beside(project, entry_data(project, name, tables), tables)
    found = answered(data, careless)
    parts = {
        "estimates": found.result.estimates,
        "components": found.result.components,
        "correlations": found.correlations,
        "weighting": found.weighting,
        "sensitivity": found.sensitivity,
        "fit": found.result.record,
        "residuals": found.residuals,
    }
    return Made(parts, found.result.record.get("warnings", []))


def columns_of_parts() -> dict[str, Sequence[str]]:
    """part -> columns of the tables of an entry, also where nothing is in them."""
    return {
        "estimates": ESTIMATE_COLUMNS,
        "components": VARIANCE_COMPONENTS.names,
        "correlations": CORRELATIONS.names,
        "weighting": WEIGHTING.names,
        "sensitivity": SENSITIVITY.names,
    }


def _reads(project: Project, name: str) -> dict[str, Any]:
    paths = project.paths
    found = {**entry_reads(project, name), "careless": places.CARELESS.at(paths)}
    found |= contracts_beside(project, project.entry(name))
    return found | ({"links": places.LINKS.at(paths)} if project.code_sources() else {})


def _config(project: Project, name: str) -> tuple[Any, ...]:
    entry = project.entry(name)
    unit = say(entry.unit or project.outcome_scale(entry).unit, "en")  # a column of the estimates
    when = [dates(project)] if contracts_beside(project, entry) else []
    return *entry_slice(project, name), entry.status, unit, *_weighing(project), *when


def _weighing(project: Project) -> tuple[Any, ...]:
    """What units are weighed by, in plans that say so."""
    named = project.files.plan.propensity
    background = [bare(b) for b in project.files.study.background if b.name in named]
    return (named, background) if named else ()


STAGE = Stage(
    "estimate",
    per="entry",
    reads=_reads,
    makes={
        "estimates": places.ENTRY_ESTIMATES,
        "components": places.ENTRY_COMPONENTS,
        "correlations": places.ENTRY_CORRELATIONS,
        "weighting": places.ENTRY_WEIGHTING,
        "sensitivity": places.ENTRY_SENSITIVITY,
        "fit": places.ENTRY_FIT,
        "residuals": places.ENTRY_RESIDUALS,
    },
    config=_config,
    run=_run,
    names=lambda project: [e.id for e in project.files.plan.entries],
)
