"""`dww explain`: which steps would run and why, in words, from Snakemake's dry run."""

from __future__ import annotations

import re

from dww_analysis.cli.messages import name_stage, tell
from dww_analysis.cli.project import Project
from dww_analysis.cli.snakemake_run import Job, planned_jobs, run_snakemake
from dww_analysis.errors import ConfigError

# what Snakemake says -> which phrase `terminal.why.` a person would use; the first match counts
_REASONS = (
    (r"Missing output files", "missing"),
    (r"Params have changed", "settings"),
    (r"Updated input files: (?P<file>.+)", "newer"),
    (r"Input files updated by another job: (.+)", "before"),
    (r"Set of input files", "files"),
    (r"Incomplete", "cut"),
    (r"Code has changed", "rule"),
)


def explain_study(project: Project, language: str) -> list[str]:
    """One line per step that would run, with the reason; one line when nothing would."""
    _ = project.files  # a broken configuration is refused first
    code, told = run_snakemake(project.paths, 1, ["--dry-run"])
    if code != 0:
        raise ConfigError("\n".join(told.lines[-20:]))
    jobs = list(planned_jobs(told))
    if not jobs:
        return [tell(language, "explain_none")]
    lines = [f"  {name_stage(language, j.rule, j.name)}: {_why(j, language)}" for j in jobs]
    return [tell(language, "explain_some", n=len(lines)), *lines]


def _why(job: Job, language: str) -> str:
    for pattern, why in _REASONS:
        match = re.search(pattern, job.reason)
        if match:
            return tell(language, f"why.{why}", **{k: v[:100] for k, v in match.groupdict().items()})
    return job.reason
