"""What the run would refuse by the configuration and the lists alone, before anything is answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from dww_analysis.domain.coverage import COVERAGE
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.theory import TO
from dww_analysis.errors import DwwError, Problem
from dww_analysis.stages.impute import auxiliaries_of, imputed_entries
from dww_analysis.stages.project import Project

if TYPE_CHECKING:
    from dww_analysis.effects.fitted import EntryData


def foreseen_problems(
    project: Project, allocation: pd.DataFrame | None, drawable: pd.DataFrame | None
) -> list[Problem]:
    """Problems of entries, and of arrows from the arm, that no answer can make good, in the words of the run; [] where
    there are none.

    allocation: the list of arms or starts, None in a study without. drawable: what could have been drawn, where a list
    says so.
    """
    from dww_analysis.effects.foreseen import foreseen

    problems: list[Problem] = []
    for entry in (*_about_scales(project), *_from_the_arm(project)):
        try:
            foreseen(as_if_answered(project, entry, allocation, drawable))
        except DwwError as error:
            arrow = entry.id if TO in entry.id else ""
            problems += [replace(p, where=f"theory.yaml, arrow {arrow}") for p in error.problems if arrow]
            problems += [] if arrow else error.problems
    return problems


def foreseen_lines(
    project: Project,
    allocation: pd.DataFrame | None,
    drawable: pd.DataFrame | None,
    answers: pd.DataFrame | None,
) -> list[str]:
    """What the run will say of entries that have an answer: that no test exists, which test stands in for the planned
    one, and which missing values are not drawn. Arguments as of `foreseen_problems` and `imputation_lines`."""
    from dww_analysis.effects.foreseen import foreseen_notes

    lines: list[str] = []
    for entry in _about_scales(project):
        lines += foreseen_notes(as_if_answered(project, entry, allocation, drawable))
    return [*lines, *imputation_lines(project, allocation, answers)]


def imputation_lines(
    project: Project, allocation: pd.DataFrame | None, answers: pd.DataFrame | None
) -> list[str]:
    """Which entries would not have their missing values drawn, and why, in the words of the run; [] where all would.

    answers: of all sources; None where they are not there, and all that is known is the list.
    """
    from dww_analysis.effects.foreseen import as_answered, require_imputed

    lines: list[str] = []
    named = imputed_entries(project)
    for entry in (e for e in _about_scales(project) if e.id in named):
        data = as_if_answered(project, entry, allocation, None)
        if answers is not None:
            rows = as_answered(answers, data.scale, entry.outcome, entry.sample)
            data = replace(data, scores=rows, answers=rows)
        elif allocation is None:
            continue
        try:
            require_imputed(data, 1 + len(auxiliaries_of(project, entry)))
        except DwwError as error:
            lines += [f"{entry.id}: {p.where}: {p.found}" for p in error.problems]
    return lines


def as_if_answered(
    project: Project, entry: PlanEntry, allocation: pd.DataFrame | None, drawable: pd.DataFrame | None
) -> EntryData:
    """The data of an entry if everybody of the list answered what is asked."""
    from dww_analysis.effects.fitted import EntryData
    from dww_analysis.effects.foreseen import everybody, waves_asked

    files, scale = project.files, project.outcome_scale(entry)
    columns: dict[int, set[str]] = {}
    for source in (s for s in project.answer_sources() if s.sample == entry.sample):
        columns.setdefault(int(source.wave or 0), set()).update({*source.columns, *source.fixed})
    asked = waves_asked({w.number: columns.get(w.number) for w in files.study.waves}, scale)
    scores = everybody(files.study, allocation, entry.outcome, entry.sample, asked)
    return EntryData(entry, files.plan, files.study, scale, scores, {}, scores, drawable=drawable)


def _about_scales(project: Project) -> Iterator[PlanEntry]:
    """Entries with the model of the design about what sources of answers ask."""
    for entry in project.files.plan.entries:
        if entry.formula is None and not project.record_sources(entry):
            scale = project.outcome_scale(entry)
            if scale.delivered != COVERAGE:
                yield entry


def _from_the_arm(project: Project) -> Iterator[PlanEntry]:
    """Arrows from the arm to a scale as entries: the contrast of the arms, so many waves since the start."""
    from dww_analysis.effects.mechanisms.arrows import when_of

    theory, study = project.files.theory, project.files.study
    if theory is None or not study.has_arms:
        return
    for arrow in (a for a in theory.arrows if theory.node(a.origin).arm):
        scale, when = theory.node(arrow.target).scale, when_of(study, arrow.lag)
        if scale is None:
            continue
        entry = PlanEntry(arrow.id, scale, theory.sample, "", {}, {}, "planned", **when)
        if project.outcome_scale(entry).delivered != COVERAGE:
            yield entry
