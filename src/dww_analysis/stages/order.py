"""Which jobs wait for which, and which steps are done first where several could be."""

from __future__ import annotations

from graphlib import TopologicalSorter

from dww_analysis.stages.project import Project
from dww_analysis.stages.register import jobs, stage

Step = tuple[str, str]  # a stage and one of its names


def needs(project: Project) -> dict[Step, set[Step]]:
    """Job -> the jobs whose results it reads, of every job of a study."""
    todo = list(jobs(project))
    maker = {
        place.at(project.paths, name): (id, name)
        for id, name in todo
        for place in stage(id).places(project).values()
    }
    found: dict[Step, set[Step]] = {}
    for id, name in todo:
        read = (path for file in stage(id).files_awaited(project, name) for path in (file, *file.parents))
        found[id, name] = {maker[path] for path in read if path in maker} - {(id, name)}
    return found


def urgency(project: Project) -> dict[str, int]:
    """Stage -> how soon its jobs are done where several could be: first those that most jobs wait for, each for the
    one before it, so that no long row of jobs is left for the end; of these the stages with one job, of which nothing
    can be done side by side."""
    before = needs(project)
    behind = dict.fromkeys(before, 0)
    for job in reversed(list(TopologicalSorter(before).static_order())):
        for earlier in before[job]:
            behind[earlier] = max(behind[earlier], behind[job] + 1)
    found: dict[str, list[int]] = {}
    for (id, _), rows in behind.items():
        found.setdefault(id, []).append(rows)
    return {id: 2 * max(rows) + (len(rows) == 1) for id, rows in found.items()}
