"""Stages exposure and exposures: diaries, app logs and personnel records to tidy tables, then to tables to show."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd

from dww_analysis import storage
from dww_analysis.cli.project import Project
from dww_analysis.cli.provenance import write_provenance
from dww_analysis.cli.safe_exposure import safe_exposure
from dww_analysis.cli.stages.ingest import pseudonymiser, raw_file, read_raw
from dww_analysis.domain.exposure import Exposure
from dww_analysis.domain.study import Source
from dww_analysis.errors import MeasurementError, raise_all

PERSONS = ("sample", "person", "wave", "organisation", "team", "arm")


def read_exposure(project: Project, source: Source) -> Exposure:
    """One diary, app log or personnel file under its rules, nothing written."""
    from dww_analysis.exposure import read_diary, read_events, read_hr, read_observations

    study = project.files.study
    pseudonymise = partial(pseudonymiser(project), source.sample)
    if source.kind == "events":
        return read_events(raw_lines(project, source), source, study, pseudonymise)
    table = read_raw(project, source)
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


def raw_lines(project: Project, source: Source) -> list[str]:
    """The delivered lines of an app log."""
    return storage.read_lines(raw_file(project, source), **source.options)


def raw_frame(project: Project, source: Source) -> pd.DataFrame:
    """The delivered file as a table; of an app log one row a statement, with paths such as actor.name as columns."""
    if source.kind != "events":
        return read_raw(project, source).data
    from dww_analysis.exposure.statements import flattened

    return flattened(raw_lines(project, source))


def person_column(source: Source) -> str | None:
    """The column of `raw_frame` with the codes of persons."""
    return "actor.account.name" if source.kind == "events" else source.columns.get("person")


def files_of(project: Project, source: str) -> dict[str, Path]:
    """Where one source's tables are: table, features, detail, flow."""
    folder = project.paths.derived / "exposure"
    parts = {name: folder / f"{source}.{name}.parquet" for name in ("features", "detail")}
    return {"table": folder / f"{source}.parquet", **parts, "flow": folder / f"{source}.flow.csv"}


def run_exposure(project: Project, name: str) -> None:
    """Read one source, give every person the team and arm of the Measurements, and save its four tables."""
    from dww_analysis.exposure import placed, with_non_users

    source = project.source(name)
    answers, allocation, inputs = _persons(project)
    exposure, features = checked_exposure(project, source, allocation)
    if source.kind == "events":
        features = with_non_users(features, answers)
    files = files_of(project, name)
    storage.save_frame(exposure.table, files["table"])
    storage.save_frame(placed(features, answers, allocation), files["features"])
    storage.save_frame(exposure.detail, files["detail"])
    storage.save_frame(exposure.flow, files["flow"])
    raw = project.paths.raw / source.file
    write_provenance(project, "exposure", name, [raw, *inputs], source, exposure.notes)


def _persons(project: Project) -> tuple[pd.DataFrame, pd.DataFrame | None, list[Path]]:
    """Who answered at which wave, the allocation, and the files these come from."""
    derived, has_arms = project.paths.derived, project.files.study.has_arms
    files = [derived / "measurements.parquet"]
    answers = storage.load_frame(files[0])
    allocation = None
    if has_arms:
        files.append(derived / "allocation.parquet")
        allocation = storage.load_frame(files[-1])
    return answers[[c for c in PERSONS if c in answers]], allocation, files


def run_exposures(project: Project, name: str) -> None:
    """All such sources together, in tables by wave and arm with small groups hidden."""
    from dww_analysis.exposure import exposure_tables

    features: dict[str, list[pd.DataFrame]] = {}
    flows, inputs = [], []
    for source in project.exposure_sources():
        files = files_of(project, source.id)
        features.setdefault(source.kind, []).append(storage.load_frame(files["features"]))
        flows.append(storage.load_frame(files["flow"]))
        inputs += [files["features"], files["flow"]]
    tables = safe_exposure(exposure_tables(features, flows), project.files.study.min_cell_size)
    for table, frame in tables.items():
        storage.save_frame(frame, project.paths.derived / "tables" / f"{table}.csv")
    write_provenance(project, "exposures", name, inputs, project.files.study)
