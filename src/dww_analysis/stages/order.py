"""Which jobs wait for which, and which steps are done first where several could be."""

from __future__ import annotations

from graphlib import TopologicalSorter

from dww_analysis.stages.project import Project
from dww_analysis.stages.register import jobs, stage

Job = tuple[str, str]  # stage, name


def needs(project: Project) -> dict[Job, set[Job]]:
    """Job -> the jobs whose results it reads, of every job of a study."""
    todo = list(jobs(project))
    maker = {
        place.at(project.paths, name): (id, name)
        for id, name in todo
        for place in stage(id).places(project).values()
    }
    found: dict[Job, set[Job]] = {}
    for id, name in todo:
        read = (path for file in stage(id).files_read(project, name) for path in (file, *file.parents))
        found[id, name] = {maker[path] for path in read if path in maker} - {(id, name)}
    return found


def waiting(project: Project) -> dict[str, int]:
    """Stage -> how many jobs wait for one of its jobs, each for the one before it: with several ready at once, those
    that most waits for go first, so that no long row of jobs is left for the end."""
    before = needs(project)
    found = dict.fromkeys(before, 0)
    for job in reversed(list(TopologicalSorter(before).static_order())):
        for earlier in before[job]:
            found[earlier] = max(found[earlier], found[job] + 1)
    return {id: max(n for (of, _), n in found.items() if of == id) for id, _ in found}
