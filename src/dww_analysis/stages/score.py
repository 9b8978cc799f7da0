"""Stage score: the items of one scale to its scores, unless the labels of its items run the other way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis.domain.coverage import COVERAGE
from dww_analysis.domain.study import Source
from dww_analysis.errors import MeasurementError, raise_all
from dww_analysis.stages import places
from dww_analysis.stages.coverages import sources_of
from dww_analysis.stages.project import Project
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Stage, Tables


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Score one scale."""
    from dww_analysis.scales import score_scale

    _refuse_downwards(project, name, tables["codebook"])
    answers = tables["answers"]
    told = [source.wave for source in sources_of(project)] if name == COVERAGE else []
    if told:
        answers = answers[answers["wave"].isin(told)]  # nobody was asked at the others
    return {"scores": score_scale(answers, tables["missing"], project.scale(name))}


def _refuse_downwards(project: Project, name: str, codebooks: Mapping[str, pd.DataFrame]) -> None:
    """MeasurementError for sources in which all labels run against the scoring key."""
    from dww_analysis.ingest.labels import direction_problems

    scales, asked = [project.scale(name)], _asked_in(project, name)
    problems = [p for source in asked for p in direction_problems(codebooks[source.id], scales, source)]
    raise_all(problems, MeasurementError)


def _asked_in(project: Project, name: str) -> list[Source]:
    """The sources that hold items of a scale with a scoring key."""
    scale = project.scale(name)
    sources = [s for s in project.answer_sources() if s.sample in scale.samples]
    return [s for s in sources if scale.key is not None and set(scale.items) & set(s.columns)]


def _reads(project: Project, name: str) -> dict[str, Path | Mapping[str, Path]]:
    book = places.ANSWERS["codebook"]
    return {
        "answers": places.MEASUREMENTS.at(project.paths),
        "missing": places.MISSING.at(project.paths),
        "codebook": {source.id: book.at(project.paths, source.id) for source in _asked_in(project, name)},
    }


def _config(project: Project, name: str) -> tuple[Any, ...]:
    scale = project.scale(name)
    settled = {s.id: {c: s.conflicts.get(c) for c in scale.items} for s in _asked_in(project, name)}
    told = [source.wave for source in sources_of(project)] if name == COVERAGE else []
    return bare(scale), settled, *([told] if told else [])


STAGE = Stage(
    "score",
    per="scale",
    reads=_reads,
    makes={"scores": places.SCORES},
    config=_config,
    run=_run,
    names=lambda project: [s.id for s in project.files.scales],
)
