"""`dww explain`: which steps would run and why, in words, from Snakemake's dry run."""

from __future__ import annotations

import re

from dww_analysis.cli.messages import name_stage, tell
from dww_analysis.cli.snakemake_run import Job, planned_jobs, run_snakemake
from dww_analysis.errors import ConfigError
from dww_analysis.stages.deliveries import refuse_undelivered
from dww_analysis.stages.machine import error_in
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import stage
from dww_analysis.stages.workflow import Workflow

_PLAN_MOVED = "Params have changed"
FORCED = "Forced execution"
_PLAN = re.compile(r"\b([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{16})\b")
_PARTS = (
    "config",
    "code",
    "raw",
)  # what of a plan can move, in the order of its parts: phrases `terminal.why.`
# what Snakemake says, with the `rerun-triggers` of our profiles -> which phrase `terminal.why.` a person would use; the
# first match counts
_REASONS = (
    (r"Missing output files", "missing"),
    (_PLAN_MOVED, ""),
    (r"Updated input files: (?P<file>.+)", "newer"),
    (r"Input files updated by another job: (.+)", "before"),
    (r"Incomplete", "cut"),
)


def explain_study(project: Project, language: str) -> list[str]:
    """One line per step that would run, with the reason; one line when nothing would. Nothing is run or written.
    DwwError for a configuration with problems and for delivered files that are not there or are others, as of a run;
    ConfigError where Snakemake's dry run fails (its last lines); OSError where the machine refused it, as on a
    read-only file system."""
    refuse_undelivered(project)  # and a broken configuration before
    flow = Workflow(project)
    moved, gone = flow.moved(), list(flow.without_documents())
    again = (job for job in {**moved, **dict.fromkeys(gone)} if not stage(job[0]).passing)
    forced = [project.paths.shown(flow.record(*job)) for job in again]
    options = ["--dry-run", *(["--forcerun", *forced] if forced else [])]
    code, told = run_snakemake(project, 1, options)
    if code != 0:
        raise error_in("\n".join(told.lines)) or ConfigError("\n".join(told.lines[-20:]))
    jobs = list(planned_jobs(told))
    if not jobs:
        return [tell(language, "explain_none")]
    parts = {(id, name): found for (id, name), found in moved.items()} | {
        (id, ""): f for (id, _), f in moved.items()
    }
    ids = {id for id, _ in gone}
    lines = [
        f"  {name_stage(language, j.rule, j.name)}: "
        f"{_why(j, parts.get((j.rule, j.name), ()), language, j.rule in ids)}"
        for j in jobs
    ]
    return [tell(language, "explain_some", n=len(lines)), *lines]


def _why(job: Job, moved: tuple[str, ...], language: str, gone: bool) -> str:
    if moved:
        return "; ".join(tell(language, f"why.{part}") for part in moved)
    if gone and FORCED in job.reason:
        return tell(language, "why.missing")
    for pattern, why in _REASONS:
        match = re.search(pattern, job.reason)
        if match and pattern == _PLAN_MOVED:
            return _what_moved(job.reason, language)
        if match:
            return tell(language, f"why.{why}", **{k: v[:100] for k, v in match.groupdict().items()})
    return job.reason


def _what_moved(reason: str, language: str) -> str:
    """Which parts of a job's plan are not what they were; all that can be, where Snakemake does not say."""
    plans = [match.groups() for match in _PLAN.finditer(reason)]
    moved = [part for part, *hashes in zip(_PARTS, *plans, strict=True) if len(set(hashes)) > 1]
    return "; ".join(tell(language, f"why.{part}") for part in moved or _PARTS)
