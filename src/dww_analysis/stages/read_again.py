"""Delivered files read again by the rules of a seal, nothing written: the tables that an entry needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dww_analysis.config.files import StudyFiles
from dww_analysis.domain.plan import EMPLOYED, PlanEntry
from dww_analysis.stages.allocate import allocation_of, drawable_of
from dww_analysis.stages.coverages import sources_of, with_coverage
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.exposure import read_exposure
from dww_analysis.stages.ingest import ingest_one
from dww_analysis.stages.link import link_all
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Tables

READ = ("answers", "allocation", "hr")  # kinds of sources that an estimate may rest on


def files_read_again(project: Project, readings: Iterable[StudyFiles]) -> list[Path]:
    """Every delivered file that `read_again` may open."""
    found: dict[Path, None] = {}
    for reading in readings:
        declared = reading.study.allocation
        sources = [s for s in reading.sources if s.kind in READ]
        found |= dict.fromkeys(file for source in sources for file in Delivery(project, source).files)
        found |= {project.paths.raw / declared.listed: None} if declared and declared.listed else {}
    return list(found)


def read_again(project: Project, reading: StudyFiles, entry: PlanEntry, tables: Tables) -> dict[str, Any]:
    """Parts answers and missing, and where the entry has them allocation, drawable, links, records and contracts, as
    other stages save them. reading: the rules; of the tables only the coverage is taken as it is.

    MeasurementError or SourceError where the files cannot be read by these rules.
    """
    from dww_analysis.ingest import combine

    other = replace(project, given=reading)
    allocation = allocation_of(other)
    links = link_all(other, allocation).rows if other.code_sources() else None
    parts = [ingest_one(other, s, links) for s in other.answer_sources()]
    measured, _ = combine(parts, allocation, reading.study)
    told = {s.id: tables["coverage"][s.id] for s in sources_of(project) if s.sample == entry.sample}
    measured, _ = with_coverage(measured, told)
    drawable = drawable_of(other, allocation) if allocation is not None else None
    records = {s.id: read_exposure(other, s).detail for s in records_of(other, entry)}
    found = {"allocation": allocation, "drawable": drawable, "links": links}
    return {
        "answers": measured.answers,
        "missing": measured.missing,
        **{part: table for part, table in found.items() if table is not None},
        **({"records": records, "contracts": records} if records else {}),
    }


def records_of(project: Project, entry: PlanEntry) -> list[Any]:
    """The personnel records that the entry is about, or that say whose answers count."""
    if entry.population == EMPLOYED:
        return [s for s in project.files.sources if s.kind == "hr" and s.sample == entry.sample]
    return project.record_sources(entry)
