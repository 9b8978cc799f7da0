"""Stage workbook: all published tables in one .xlsx and a script that estimates again, where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

import dww_analysis
from dww_analysis import storage
from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.report import config_checksums, report_tables
from dww_analysis.stages.stage import Made, Stage, Tables
from dww_analysis.storage.save import neutralise


def _run(project: Project, name: str, tables: Tables) -> Made:
    """The workbook of what readers of the report get, and the script."""
    from dww_analysis.reports.documents.repeat import build_repeat
    from dww_analysis.reports.documents.workbook import Book, build_workbook

    files, names = project.files, report_tables(project)
    publication = Publication.of(project)
    shown, _ = publication.beside({table: tables["tables"][table] for table in names})
    fits, _ = publication.facts(tables["fits"], tables["tables"].get("estimates"))
    book = Book(
        files.study, files.reports, dww_analysis.__version__, _made_from(project), places.REPEAT.pattern
    )
    declared = {table: places.safe_table(table).declared() for table in names}
    safe = {table: _without_formulas(frame) for table, frame in shown.items()}
    models = {entry: str(fit.get("formula", "")) for entry, fit in fits.items()}
    script = build_repeat(files.study.id, dww_analysis.__version__, models)
    return Made({"workbook": build_workbook(safe, declared, book), "repeat": script})


def _without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before every text that a spreadsheet could run."""
    return pd.DataFrame({name: neutralise(frame[name]) for name in frame.columns})


def _made_from(project: Project) -> list[tuple[str, str, str]]:
    """Configuration and deliveries by their checksums; names of delivered files may name persons."""
    raw = project.paths.raw
    configs = [("configuration", name, sha) for name, sha in config_checksums(project).items()]
    return [*configs, *(("source", s.id, storage.sha256_of(raw / s.file)) for s in project.files.sources)]


def _reads(project: Project, name: str) -> Mapping[str, Any]:
    paths = project.paths
    return {
        "tables": {table: places.safe_table(table).at(paths) for table in report_tables(project)},
        "fits": {e.id: places.ENTRY_FIT.at(paths, e.id) for e in project.files.plan.entries},
    }


def _config(project: Project, name: str) -> tuple[Any, ...]:
    files = project.files
    return files.study, files.reports, config_checksums(project)


STAGE = Stage(
    "workbook",
    per="study",
    reads=_reads,
    makes={"workbook": places.WORKBOOK, "repeat": places.REPEAT},
    config=_config,
    run=_run,
    names=lambda project: ["study"] if "workbook" in project.files.reports.documents else [],
    raw=lambda project, name: [project.paths.raw / s.file for s in project.files.sources],
)
