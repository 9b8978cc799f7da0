"""Stage linkage: tables that say how well persons were linked by their own codes, let out through the gate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis.domain.tables.linking import LINKAGE_TABLES
from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import design, reporting
from dww_analysis.stages.stage import Stage, Tables


def linkage_tables(project: Project) -> list[str]:
    """Names of the tables about linking; none in a study with other codes."""
    return [t.name for t in LINKAGE_TABLES] if project.code_sources() else []


def _with_counts(compared: pd.DataFrame) -> pd.DataFrame:
    """The comparison with the persons of each category, of which the means are shares."""
    is_category = compared["category"].fillna("").ne("")
    counts = {
        f"count_{group}": (compared[f"mean_{group}"] * compared[f"n_{group}"]).round().where(is_category)
        for group in ("linked", "unlinked")
    }
    return compared.assign(**counts)


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """The tables about linking, as they may be shown."""
    from dww_analysis.ingest.linkage import compare_study
    from dww_analysis.privacy.gate import let_out

    files = project.files
    compared = compare_study(tables["rows"], tables["answers"], tables["scores"], files.scales, files.study)
    found = {
        "linkage": tables["report"],
        "linkage_placebo": tables["placebo"].assign(rule=files.study.linking.rule),
        "linkage_compare": _with_counts(compared),
    }
    return let_out(found, files.study.min_cell_size)


def _reads(project: Project, name: str) -> dict[str, Any]:
    paths = project.paths
    scores: dict[str, Path] = {s.id: places.SCORES.at(paths, s.id) for s in project.files.scales}
    links = {"rows": places.LINKS, "report": places.LINK_REPORT, "placebo": places.LINK_PLACEBO}
    found = {part: place.at(paths) for part, place in links.items()}
    return {**found, "answers": places.MEASUREMENTS.at(paths), "scores": scores}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    study = project.files.study
    labels = [(s.id, s.label, s.samples) for s in project.files.scales]
    return labels, study.background, study.linking.rule, design(project), reporting(project)


STAGE = Stage(
    "linkage",
    per="study",
    reads=_reads,
    makes={table.name: places.safe_table(table.name) for table in LINKAGE_TABLES},
    config=_config,
    run=_run,
    names=lambda project: ["study"] if project.code_sources() else [],
)
