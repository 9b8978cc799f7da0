"""Stage link: persons who made their own codes linked over waves. Codes stay in memory; pseudonyms are written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.stages import places
from dww_analysis.stages.deliveries import Delivery, key_mark, pseudonymiser
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import allocation_read, design
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Stage, Tables

if TYPE_CHECKING:
    from dww_analysis.ingest.linkage import LinkedStudy


def link_all(project: Project, allocation: pd.DataFrame | None) -> LinkedStudy:
    """All persons with self-generated codes linked, nothing written. allocation: columns team and arm, None in a
    study without arms. DwwError with the problems of all files at once."""
    from dww_analysis.ingest.linkage import link_study

    tables = [Delivery(project, source).delivered() for source in project.code_sources()]
    return link_study(tables, project.files.study, allocation, pseudonymiser(project))


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Link the persons: pseudonyms, outcomes and the placebo rate."""
    linked = link_all(project, tables.get("allocation"))
    return {"rows": linked.rows, "report": linked.report, "placebo": linked.placebo}


def _raw(project: Project, name: str) -> list[Path]:
    return [file for source in project.code_sources() for file in Delivery(project, source).files]


STAGE = Stage(
    "link",
    per="study",
    reads=lambda project, name: allocation_read(project),
    makes={"rows": places.LINKS, "report": places.LINK_REPORT, "placebo": places.LINK_PLACEBO},
    config=lambda project, name: (
        bare(project.files.study.linking),
        bare(project.code_sources()),
        design(project),
    ),
    run=_run,
    names=lambda project: ["study"] if project.code_sources() else [],
    raw=_raw,
    key=key_mark,
)
