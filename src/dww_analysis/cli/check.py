"""`dww check`: every problem of configuration and raw files, all at once, before anything is computed or written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from dww_analysis.cli.privacy_check import public_problems
from dww_analysis.domain.exposure import EXPOSURE_KINDS
from dww_analysis.domain.measurements import Ingested
from dww_analysis.domain.study import Source
from dww_analysis.errors import DwwError, Problem
from dww_analysis.ingest.linkage import LinkedStudy
from dww_analysis.stages.allocate import allocation_of
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.exposure import checked_exposure
from dww_analysis.stages.ingest import ingest_one
from dww_analysis.stages.link import link_all
from dww_analysis.stages.project import Project

Result = TypeVar("Result")


def problems_of(project: Project) -> list[Problem]:
    """All problems; an empty list when the study can run. ConfigError is collected like the others."""
    problems: list[Problem] = []
    files = _collect(problems, lambda: project.files)
    if files is None:
        return problems
    parts: list[Ingested] = []
    allocation = _collect(problems, lambda: allocation_of(project)) if files.study.has_arms else None
    linked = _collect(problems, lambda: link_all(project, allocation)) if project.code_sources() else None
    for source in files.sources:
        if _collect(problems, Delivery(project, source).file) is None:
            continue
        if source.kind == "answers":
            part = _collect(problems, partial(_ingested, project, source, linked))
            parts += [part] if part is not None else []
        elif source.kind in EXPOSURE_KINDS:
            _collect(problems, partial(checked_exposure, project, source, allocation))
    problems += public_problems(project)
    complete = (
        (linked is not None or not project.code_sources())
        and len(parts) == len(project.answer_sources())
        and (not files.study.has_arms or allocation is not None)
    )
    if complete:
        from dww_analysis.ingest import combine

        _collect(problems, lambda: combine(parts, allocation, files.study))
    return list(dict.fromkeys(problems))


def _ingested(project: Project, source: Source, linked: LinkedStudy | None) -> Ingested:
    """One source of answers. Where linking failed (why is among the problems) its other problems are still found."""
    if source.persons != "code":
        return ingest_one(project, source)
    if linked is None:
        return ingest_one(project, replace(source, persons="anonymous"))
    return ingest_one(project, source, linked.rows)


def _collect(problems: list[Problem], step: Callable[[], Result]) -> Result | None:
    """The result of one step, or None with its problems added."""
    try:
        return step()
    except DwwError as error:
        problems += error.problems or [Problem(str(error), "the study", "a study that can run", "correct it")]
        return None
