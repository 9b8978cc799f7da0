"""Stage exposure: one diary, app log, personnel file or set of observations to tidy tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dww_analysis.domain.exposure import Exposure
from dww_analysis.domain.study import Source
from dww_analysis.errors import MeasurementError, raise_all
from dww_analysis.stages import places
from dww_analysis.stages.deliveries import Delivery, key_mark, raw_files
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import allocation_read, dates, design
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Stage, Tables

PERSONS = ("sample", "person", "wave", "organisation", "team", "arm")


def read_exposure(project: Project, source: Source) -> Exposure:
    """One diary, app log, personnel file or set of observations under its rules, nothing written. DwwError with all
    problems of the file; these name columns and lines, never persons."""
    from dww_analysis.exposure import read_diary, read_events, read_hr, read_observations

    study, delivery = project.files.study, Delivery(project, source)
    pseudonymise = delivery.pseudonymise()
    if source.kind == "events":
        return read_events(delivery.lines(), source, study, pseudonymise, project.profile_verbs())
    table = delivery.table()
    read = {"diary": read_diary, "hr": read_hr, "observations": read_observations}[source.kind]
    return read(table.data, source, study, pseudonymise, lines=table.lines)


def checked_exposure(
    project: Project, source: Source, allocation: pd.DataFrame | None
) -> tuple[Exposure, pd.DataFrame]:
    """One source, and its features with teams as in the allocation; MeasurementError for teams that are not in it."""
    from dww_analysis.exposure import unknown_teams

    exposure = read_exposure(project, source)
    features, problems = unknown_teams(exposure.features, allocation, source)
    raise_all(problems, MeasurementError)
    return exposure, features


def _run(project: Project, name: str, tables: Tables) -> Made:
    """Read one source and give every person the team and arm of the Measurements."""
    from dww_analysis.exposure import placed, with_non_users

    source, allocation = project.source(name), tables.get("allocation")
    answers = tables["answers"]
    answers = answers[[c for c in PERSONS if c in answers]]
    exposure, features = checked_exposure(project, source, allocation)
    if source.kind == "events":
        features = with_non_users(features, answers)
    parts = {
        "table": exposure.table,
        "features": placed(features, answers, allocation),
        "detail": exposure.detail,
        "flow": exposure.flow,
    }
    return Made(parts, exposure.notes)


def _config(project: Project, name: str) -> tuple[Any, ...]:
    source = project.source(name)
    verbs = project.profile_verbs() if source.kind == "events" else []
    return bare(source), dates(project), design(project), *([verbs] if verbs else [])


STAGE = Stage(
    "exposure",
    per="source",
    reads=lambda project, name: {
        "answers": places.MEASUREMENTS.at(project.paths),
        **allocation_read(project),
    },
    makes={
        "table": places.EXPOSURE,
        "features": places.EXPOSURE_FEATURES,
        "detail": places.EXPOSURE_DETAIL,
        "flow": places.EXPOSURE_FLOW,
    },
    config=_config,
    run=_run,
    names=lambda project: [s.id for s in project.exposure_sources()],
    raw=raw_files,
    key=key_mark,
)
