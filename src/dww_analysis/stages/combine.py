"""Stage combine: all sources laid together to Measurements, flow and codebook."""

from __future__ import annotations

from typing import Any

from dww_analysis.domain.measurements import Ingested
from dww_analysis.stages import places
from dww_analysis.stages.coverages import sources_of, with_coverage
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import allocation_read, design
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Stage, Tables


def _run(project: Project, name: str, tables: Tables) -> Made:
    """Lay all sources together."""
    from dww_analysis.ingest import codebook_table, combine

    parts = [
        Ingested(**{part: tables[part][source.id] for part in places.ANSWERS})
        for source in project.answer_sources()
    ]
    measurements, flow = combine(parts, tables.get("allocation"), project.files.study)
    measurements, notes = with_coverage(measurements, tables.get("coverage", {}))
    parts_made = {
        "measurements": measurements.answers,
        "missing_answers": measurements.missing,
        "link_plausibility": measurements.pairs,
        "flow_of_study": flow,
        "codebook_of_study": codebook_table(parts),
    }
    return Made(parts_made, notes)


def _reads(project: Project, name: str) -> dict[str, Any]:
    sources = [s.id for s in project.answer_sources()]
    parts = {
        part: {source: place.at(project.paths, source) for source in sources}
        for part, place in places.ANSWERS.items()
    }
    told = {s.id: places.COVERAGE.at(project.paths, s.id) for s in sources_of(project)}
    return {**parts, **allocation_read(project), **({"coverage": told} if told else {})}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    linking = project.files.study.linking
    judged = (linking.facts, linking.came_from, linking.plausible)
    return design(project), [s.id for s in project.answer_sources()], bare(judged)


STAGE = Stage(
    "combine",
    per="study",
    reads=_reads,
    makes={
        "measurements": places.MEASUREMENTS,
        "missing_answers": places.MISSING,
        "link_plausibility": places.LINK_PLAUSIBILITY,
        "flow_of_study": places.FLOW,
        "codebook_of_study": places.CODEBOOK,
    },
    config=_config,
    run=_run,
)
