"""`dww seal`: keep a canonical copy of everything that decides the plan's numbers beside the plan."""

from __future__ import annotations

from dww_analysis import __version__, storage
from dww_analysis.config.seal import SEAL_FILE, Seal, raise_for_date, read_seal, seal_of, text_of
from dww_analysis.errors import PlanError
from dww_analysis.stages.project import Project


def seal_study(project: Project, date: str) -> Seal:
    """Write plan.seal.yaml and return it. An existing seal is never overwritten; a date after today is refused."""
    files = project.files  # only a plan that is right is sealed
    target = project.paths.config / SEAL_FILE
    if target.exists():
        raise PlanError.of(
            found="the plan is sealed already",
            where=project.paths.shown(target),
            expected="one seal",
            action="keep it; report changes as deviations",
        )
    if not files.plan.entries:
        raise PlanError.of(
            found="there is no plan to seal",
            where=project.paths.shown(project.paths.config / "plan.yaml"),
            expected="entries of a plan; a study of sessions only has none",
            action="seal nothing, or add answers and a plan",
        )
    raise_for_date(date, "--date")
    seal = seal_of(files, date, f"dww-analysis {__version__}", answers_present(project))
    storage.save_text(text_of(seal), target)
    read_seal(project.paths.config, project.paths.shown(project.paths.config))  # it can be read back
    return seal


def answers_present(project: Project) -> list[dict[str, str]]:
    """{"file", "sha256"} of every delivered file of answers that is there now, by name; [] before the data came."""
    paths = {s.file: project.paths.raw / s.file for s in project.answer_sources()}
    there = {name: path for name, path in sorted(paths.items()) if path.is_file()}
    return [{"file": name, "sha256": storage.sha256_of(path)} for name, path in there.items()]
