"""Stage ingest: one delivered file with answers to typed tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis.domain.measurements import Ingested
from dww_analysis.domain.study import Source
from dww_analysis.stages import places
from dww_analysis.stages.deliveries import Delivery, key_mark, raw_files
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import design
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Stage, Tables


def ingest_one(project: Project, source: Source, links: pd.DataFrame | None = None) -> Ingested:
    """One source of answers as typed tables, nothing written. `links`: who is who, for persons with own codes."""
    from dww_analysis.ingest import ingest_source
    from dww_analysis.ingest.self_codes import persons_in

    delivery = Delivery(project, source)
    given = delivery.delivered()
    persons = None if links is None else persons_in(links, source, len(given.data))
    ranges = project.files.item_ranges()
    return ingest_source(given, project.files.study, ranges, delivery.pseudonymise(), persons=persons)


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Read one source of answers: its tables."""
    ingested = ingest_one(project, project.source(name), tables.get("links"))
    return {part: getattr(ingested, part) for part in places.ANSWERS}


def _reads(project: Project, name: str) -> dict[str, Path]:
    own_codes = project.source(name).persons == "code"
    return {"links": places.LINKS.at(project.paths)} if own_codes else {}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    source, ranges = project.source(name), project.files.item_ranges()
    return bare(source), {c: ranges[c] for c in source.columns if c in ranges}, design(project)


STAGE = Stage(
    "ingest",
    per="source",
    reads=_reads,
    makes=places.ANSWERS,
    config=_config,
    run=_run,
    names=lambda project: [s.id for s in project.answer_sources()],
    raw=raw_files,
    key=key_mark,
)
