"""A stage that lays tables of single entries together, as they may be shown beside the estimates that they follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dww_analysis.stages import places
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import reporting
from dww_analysis.stages.stage import Stage, Tables, stacked


def beside_estimates(
    id: str,
    tables: Sequence[str],
    made: Mapping[str, Place],
    entries: Callable[[Project], Sequence[str]],
    config: Callable[[Project], tuple[Any, ...]] = lambda project: (),
) -> Stage:
    """The stage `id`. tables: names of declarations; made: table -> where each entry has its own; entries: those that
    have them, without which there is no job; config: what else decides what is shown."""

    def run(project: Project, name: str, read: Tables) -> Mapping[str, Any]:
        """All entries together, through the gate beside the estimates that they follow."""
        from dww_analysis.privacy.gate import let_out

        found = {table: stacked(list(read[table].values())) for table in tables}
        shown = let_out({**found, "estimates": read["estimates"]}, project.files.study.min_cell_size)
        return {table: shown[table] for table in tables}

    def reads(project: Project, name: str) -> dict[str, Any]:
        parts = {t: {e: made[t].at(project.paths, e) for e in entries(project)} for t in tables}
        return {**parts, "estimates": places.ESTIMATES.at(project.paths)}

    return Stage(
        id,
        per="study",
        reads=reads,
        makes=lambda project: {t: places.safe_table(t) for t in tables} if entries(project) else {},
        config=lambda project, name: (entries(project), *config(project), reporting(project)),
        run=run,
        names=lambda project: ["study"] if entries(project) else [],
    )
