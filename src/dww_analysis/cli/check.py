"""`dww check`: every problem of configuration and raw files, all at once, before anything is computed or written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from dww_analysis.cli.guesses import guess_lines
from dww_analysis.cli.paths import whole_commands
from dww_analysis.cli.privacy_check import public_problems
from dww_analysis.cli.unread import unread_lines
from dww_analysis.cli.word_hints import word_problems
from dww_analysis.config import StudyFiles
from dww_analysis.delivery.ledger import rule_lines
from dww_analysis.domain.cycle import CYCLE_KINDS
from dww_analysis.domain.exposure import EXPOSURE_KINDS
from dww_analysis.domain.measurements import Ingested
from dww_analysis.domain.practice import PRACTICE_KINDS
from dww_analysis.domain.study import Source
from dww_analysis.errors import DwwError, Problem
from dww_analysis.ingest.allocation_lines import allocation_lines
from dww_analysis.ingest.conflicts import idle_lines, wave_conflicts
from dww_analysis.ingest.fractions import fraction_lines
from dww_analysis.ingest.labels import direction_lines, direction_problems
from dww_analysis.ingest.linkage import LinkedStudy
from dww_analysis.ingest.plausible import plausibility_lines
from dww_analysis.stages.allocate import allocation_of, drawable_of
from dww_analysis.stages.as_answered import answered_lines
from dww_analysis.stages.coverage import covered
from dww_analysis.stages.coverages import sources_of, with_coverage
from dww_analysis.stages.cycles import told as written_back
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.exposure import checked_exposure
from dww_analysis.stages.foreseen import foreseen_lines, foreseen_problems
from dww_analysis.stages.ingest import ingest_one
from dww_analysis.stages.link import link_all
from dww_analysis.stages.practice import lines_of_sources, quantities_of, read_session_source
from dww_analysis.stages.project import Project
from dww_analysis.stages.sheets import members_listed
from dww_analysis.stages.terms import term_problems

Result = TypeVar("Result")


@dataclass(frozen=True)
class Checked:
    """`problems`: empty when the study can run. `lines`: what each rule met, how persons link, what looks odd."""

    problems: tuple[Problem, ...]
    lines: tuple[str, ...] = ()


def check_study(project: Project) -> Checked:
    """All problems, and what a careful reader wants to see. ConfigError is collected like the others."""
    problems: list[Problem] = []
    files = _collect(problems, lambda: project.files)
    if files is None:
        return Checked(tuple(problems))
    parts: list[Ingested] = []
    failed: list[Source] = []
    sessions: dict[str, Any] = {}
    allocation = _collect(problems, lambda: allocation_of(project)) if files.study.has_arms else None
    drawable = None if allocation is None else _collect(problems, partial(drawable_of, project, allocation))
    if allocation is not None or not files.study.has_arms:
        problems += foreseen_problems(project, allocation, drawable)
    linked = _collect(problems, lambda: link_all(project, allocation)) if project.code_sources() else None
    for source in files.sources:
        if _collect(problems, Delivery(project, source).file) is None:
            continue
        if source.kind == "answers":
            part = _collect(problems, partial(_ingested, project, source, linked))
            parts += [part] if part is not None else []
            failed += [source] if part is None else []
        elif source.kind in EXPOSURE_KINDS:
            _collect(problems, partial(checked_exposure, project, source, allocation))
        elif source.kind == "members":
            _collect(problems, partial(members_listed, project, source))
        elif source.kind in PRACTICE_KINDS:
            told = _collect(problems, partial(read_session_source, project, source))
            sessions |= {source.id: told} if told is not None else {}
    if sessions and len(sessions) == len(project.practice_sources()):
        _collect(problems, partial(quantities_of, project, sessions))
    problems += word_problems(project, failed, parts) if parts else []
    problems += public_problems(project)
    complete = (
        bool(parts)
        and (linked is not None or not project.code_sources())
        and len(parts) == len(project.answer_sources())
        and (not files.study.has_arms or allocation is not None)
    )
    problems += [
        p for part in parts for p in direction_problems(part.codebook, files.scales, _source(part, files))
    ]
    lines = [*_lines_of(parts, files), *unread_lines(files)]
    if parts:
        lines += idle_lines(parts, wave_conflicts(parts))
    laid = None
    if complete:
        from dww_analysis.ingest import combine

        told = {s.id: _collect(problems, partial(covered, project, s)) for s in sources_of(project)}
        laid = _collect(problems, lambda: combine(parts, allocation, files.study))
        if laid is not None:
            lines += plausibility_lines(laid[0].pairs)
            known = {id: table for id, table in told.items() if table is not None}
            whole = _collect(problems, lambda: with_coverage(laid[0], known))
            if whole is not None:
                lines += whole[1]
                wrong = term_problems(project, whole[0].answers, whole[0].missing)
                problems += wrong
                lines += (
                    [] if wrong else answered_lines(project, whole[0].answers, whole[0].missing, drawable)
                )
    answers = laid[0].answers if laid is not None else None
    if allocation is not None:
        lines += allocation_lines(allocation, files.study, answers)
    if allocation is not None or not files.study.has_arms:
        lines += foreseen_lines(project, allocation, drawable, answers)
    for kind in (k for k in CYCLE_KINDS if project.cycle_sources(k)):
        notes = _collect(problems, partial(written_back, project, kind, answers, allocation))
        lines += notes[1] if notes is not None else []
    lines += [*(lines_of_sources(project, sessions) if sessions else ()), *guess_lines(project.paths)]
    return Checked(tuple(dict.fromkeys(whole_commands(problems, project.paths))), tuple(lines))


def _lines_of(parts: list[Ingested], files: StudyFiles) -> list[str]:
    """The rules of every source with their counts, and items whose labels or answers are not as the others of their
    scale."""
    lines = []
    for part in parts:
        lines += rule_lines(part.rules)
        lines += direction_lines(part.codebook, files.scales, _source(part, files))
        lines += fraction_lines(part.answers, files.scales)
    return lines


def _source(part: Ingested, files: StudyFiles) -> Source:
    """The source that was read."""
    name = part.answers["source"].iloc[0]
    return next(source for source in files.sources if source.id == name)


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
        problems += error.problems or [
            Problem(found=str(error), where="the study", expected="a study that can run", action="correct it")
        ]
        return None
