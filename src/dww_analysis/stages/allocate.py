"""Stage allocate: the delivered list of which team (or organisation) got which arm."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis import storage
from dww_analysis.errors import SourceError
from dww_analysis.stages import places
from dww_analysis.stages.deliveries import Delivery, key_mark, raw_files
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import design
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Stage, Tables

LARGEST_SEARCHED = 5_000_000  # bytes


def allocation_of(project: Project) -> pd.DataFrame | None:
    """The allocation of teams to arms, nothing written; None for designs without arms."""
    from dww_analysis.ingest import read_allocation

    allocation = project.files.study.allocation
    if allocation is None:
        return None
    delivery = Delivery.of(project, allocation.source)
    return read_allocation(
        delivery.delivered(), project.files.study, pseudonymise=lambda code: delivery.pseudonymise()(code)
    )


def drawable_of(project: Project, allocation: pd.DataFrame) -> pd.DataFrame | None:
    """Every allocation that could have been drawn, nothing written; None where no list says so."""
    from dww_analysis.ingest.drawable import read_drawable

    declared = project.files.study.allocation
    if declared is None or not declared.listed:
        return None
    if not (project.paths.raw / declared.listed).exists():
        raise SourceError.of(
            found=f"the list of allocations `{declared.listed}` is not there",
            where=f"{project.paths.shown(project.paths.config)}/study.yaml, allocation, scheme",
            expected=f"a file in {project.paths.shown(project.paths.raw)}/",
            action="put the file there, or correct `list`",
        )
    table = storage.read_table(storage.delivered_path(project.paths.raw, declared.listed))
    return read_drawable(table.data, project.source(declared.source), project.files.study, allocation)


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Read the allocation, and what else chance could have given where a list says so."""
    allocation = allocation_of(project)
    assert allocation is not None  # there is no job without
    drawable = drawable_of(project, allocation)
    return {"allocation": allocation, **({} if drawable is None else {"drawable": drawable})}


def _makes(project: Project) -> dict[str, places.Place]:
    return {"allocation": places.ALLOCATION, **({"drawable": places.DRAWABLE} if _listed(project) else {})}


def _listed(project: Project) -> str:
    declared = project.files.study.allocation
    return declared.listed if declared is not None else ""


def _raw(project: Project, name: str) -> list[Path]:
    listed = _listed(project)
    return [*raw_files(project, name), *([project.paths.raw / listed] if listed else [])]


def _config(project: Project, name: str) -> tuple[Any, ...]:
    study = project.files.study
    starts = [(w.number, w.date) for w in study.waves] if study.starts else []  # a date says at which wave
    return bare(project.source(name)), design(project), _words_for_arms(project, name), starts


def _words_for_arms(project: Project, name: str) -> list[tuple[str, str]]:
    """The labels of arms that the delivered list may use, since it may name an arm by its label: (label, id)."""
    from dww_analysis.delivery.codes import fold

    text = _folded_text(Delivery.of(project, name).files[0])
    labels = [(fold(word), arm.id) for arm in project.files.study.arms for word in arm.label.values()]
    return sorted({(word, arm) for word, arm in labels if text is None or word in text})


def _folded_text(path: Path) -> str | None:
    """All text of a small text file or workbook, for finding words in it; None when that cannot be said."""
    from dww_analysis.delivery.codes import fold

    if not path.is_file() or path.stat().st_size > LARGEST_SEARCHED:
        return None
    raw = path.read_bytes()
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(path) as archive:
            raw = b" ".join(archive.read(n) for n in archive.namelist() if n.endswith((".xml", ".csv")))
        return fold(html.unescape(re.sub("<[^>]*>", "", raw.decode("utf-8", "replace"))))
    if path.suffix.lower() not in (".csv", ".txt", ".tsv", ".tab", ".dat"):
        return None
    return " ".join(fold(raw.decode(code, "replace")) for code in ("utf-8", "cp1252", "utf-16"))


def _key(project: Project) -> str:
    allocation = project.files.study.allocation
    return key_mark(project) if allocation is not None and allocation.unit == "person" else ""


STAGE = Stage(
    "allocate",
    per="source",
    reads=lambda project, name: {},
    makes=_makes,
    config=_config,
    run=_run,
    names=lambda project: [a.source] if (a := project.files.study.allocation) else [],
    raw=_raw,
    key=_key,
)
