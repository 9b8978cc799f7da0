"""Stages link and linkage: persons who made their own codes linked over waves, and tables that say how well.

Only in studies with a source whose persons are known by such codes. Codes stay in memory; pseudonyms are written.
"""

from __future__ import annotations

import pandas as pd

from dww_analysis import storage
from dww_analysis.cli.project import Project
from dww_analysis.cli.provenance import write_provenance
from dww_analysis.cli.safe_linkage import safe_linkage
from dww_analysis.cli.stages.ingest import pseudonymiser, read_raw
from dww_analysis.cli.stages.scales import score_files
from dww_analysis.ingest.linkage import LinkedStudy, compare_study, link_study

FILES = {"rows": "linkage", "report": "linkage_report", "placebo": "linkage_placebo"}


def link_all(project: Project, allocation: pd.DataFrame | None) -> LinkedStudy:
    """All persons with self-generated codes linked, nothing written."""
    sources = project.code_sources()
    tables = {}
    for source in sources:
        table = read_raw(project, source)
        tables[source.id] = (table.data, table.variables)
    return link_study(tables, sources, project.files.study, allocation, pseudonymiser(project))


def run_link(project: Project, name: str) -> None:
    """Link the persons and save pseudonyms, outcomes and the placebo rate."""
    paths = project.paths
    inputs = [paths.raw / source.file for source in project.code_sources()]
    allocation = None
    if project.files.study.has_arms:
        inputs.append(paths.derived / "allocation.parquet")
        allocation = storage.load_frame(inputs[-1])
    linked = link_all(project, allocation)
    for part, file in FILES.items():
        storage.save_frame(getattr(linked, part), paths.interim / f"{file}.parquet")
    write_provenance(project, "link", name, inputs, project.files.study.linking)


def run_linkage(project: Project, name: str) -> None:
    """The tables about linking, with small groups suppressed."""
    paths, files = project.paths, project.files
    inputs = [paths.interim / f"{file}.parquet" for file in FILES.values()]
    inputs.append(paths.derived / "measurements.parquet")
    rows, report, placebo, answers = (storage.load_frame(p) for p in inputs)
    scores = {s.id: storage.load_frame(score_files(project, s.id)) for s in files.scales}
    tables = {
        "linkage": report,
        "linkage_placebo": placebo.assign(rule=files.study.linking.rule),
        "linkage_compare": compare_study(rows, answers, scores, files.scales, files.study),
    }
    for table, frame in safe_linkage(tables, files.study.min_cell_size).items():
        storage.save_frame(frame, paths.derived / "tables" / f"{table}.csv")
    write_provenance(project, "linkage", name, inputs, files.study)
