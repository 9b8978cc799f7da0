"""`dww export`: the scored data as .sav and .csv with labels, for colleagues in SPSS; and what sessions gave."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dww_analysis import storage
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import say
from dww_analysis.errors import MeasurementError
from dww_analysis.stages import places
from dww_analysis.stages.practice import practice_tables
from dww_analysis.stages.project import Project

KEYS = ["sample", "person", "wave"]


def export_study(project: Project, language: str) -> list[Path]:
    """Write data/derived/<study>/export/: scores.sav and .csv, one row per person and wave, in a study with answers;
    quantities.csv, as it was published, in one with sessions. Needs a finished run."""
    folder = project.paths.derived / "export"
    written = write_scores(project, language, folder) if not project.of_sessions else []
    return [*written, *(_export_table(project, table) for table in practice_tables(project))]


def _export_table(project: Project, table: str) -> Path:
    published = places.page_table(table).at(project.paths)
    _refuse_unfinished(project, published)
    return storage.save_bytes(
        storage.load_bytes(published), project.paths.derived / "export" / published.name
    )


def _refuse_unfinished(project: Project, needed: Path) -> None:
    if not needed.is_file():
        raise MeasurementError.of(
            found="there are no results yet",
            where=project.paths.shown(project.paths.derived),
            expected="a finished run",
            action=f"dww run {project.paths.study}",
        )


def write_scores(project: Project, language: str, folder: Path) -> list[Path]:
    """Write scores.sav and scores.csv into a folder, one row per person and wave. MeasurementError without a finished
    run."""
    _refuse_unfinished(project, places.MEASUREMENTS.at(project.paths))
    frame, labels = scored_frame(project, language)
    value_labels = {"wave": {float(w.number): say(w.label, language) for w in project.files.study.waves}}
    storage.write_sav(frame, folder / "scores.sav", labels, value_labels)
    storage.save_frame(frame, folder / "scores.csv")
    return [folder / "scores.sav", folder / "scores.csv"]


def scored_frame(project: Project, language: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Design columns, background, and every (sub)scale's score with its number of answered items; and their labels."""
    study = project.files.study
    frame = storage.load_frame(places.MEASUREMENTS.at(project.paths))
    background = [b for b in study.background if b.name in frame.columns]
    design = [c for c in ("organisation", "team", "arm") if c in frame.columns and frame[c].notna().any()]
    frame = frame[[*KEYS, *design, *(b.name for b in background)]]
    labels = {b.name: say(b.label, language) for b in background}
    for scale in project.files.scales:
        wide, found = _wide(project, scale, language)
        frame = frame.merge(wide, on=KEYS, how="left")
        labels |= found
    return frame, labels


def _wide(project: Project, scale: Scale, language: str) -> tuple[pd.DataFrame, dict[str, str]]:
    scores = storage.load_frame(places.SCORES.at(project.paths, scale.id))
    wide = scores.pivot(index=KEYS, columns="scale", values=["score", "n_answered"])
    names, labels = [], {}
    for what, name in wide.columns:
        column = str(name).replace(".", "_") + ("" if what == "score" else "_n")
        part = say(scale.label, language) + (f": {str(name).split('.')[1]}" if "." in str(name) else "")
        labels[column] = part if what == "score" else f"{part}, n items"
        names.append(column)
    wide.columns = names
    empty = [c for c in names if c.endswith("_n") and wide[c].isna().all()]
    return wide.drop(columns=empty).astype(float).reset_index(), labels
