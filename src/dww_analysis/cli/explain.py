"""`dww explain`: which steps would run and why, in words, from Snakemake's dry run."""

from __future__ import annotations

import re

from dww_analysis.cli.messages import name_stage, tell
from dww_analysis.cli.snakemake_run import Job, planned_jobs, run_snakemake
from dww_analysis.errors import ConfigError
from dww_analysis.stages.project import Project

_PLAN_MOVED = "Params have changed"
_PLAN = re.compile(r"\b([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{16})\b")
# what of a plan can move, in the order of its parts
_PARTS = {
    "en": (
        "its part of the configuration has changed",
        "the code it rests on has changed",
        "a delivered file has changed",
    ),
    "nl": (
        "het deel van de configuratie is gewijzigd",
        "de code waarop deze stap rust is gewijzigd",
        "een aangeleverd bestand is gewijzigd",
    ),
}
# what Snakemake says -> what a person would say; the first match counts
_REASONS = {
    "en": (
        (r"Missing output files", "its result is not there yet"),
        (_PLAN_MOVED, "{0}"),
        (r"Updated input files: (.+)", "a file it uses is newer: {0}"),
        (r"Input files updated by another job: (.+)", "a step before it runs again"),
        (r"Set of input files has changed", "it uses other files than last time"),
        (r"Incomplete", "it was cut short last time"),
        (r"Code has changed", "the rule has changed"),
    ),
    "nl": (
        (r"Missing output files", "het resultaat is er nog niet"),
        (_PLAN_MOVED, "{0}"),
        (r"Updated input files: (.+)", "een bestand dat wordt gebruikt is nieuwer: {0}"),
        (r"Input files updated by another job: (.+)", "een stap ervoor wordt opnieuw uitgevoerd"),
        (r"Set of input files has changed", "er worden andere bestanden gebruikt dan de vorige keer"),
        (r"Incomplete", "de vorige keer is deze stap afgebroken"),
        (r"Code has changed", "de regel is gewijzigd"),
    ),
}


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
    for pattern, words in _REASONS[language]:
        match = re.search(pattern, job.reason)
        if match and pattern == _PLAN_MOVED:
            return _what_moved(job.reason, language)
        if match:
            return words.format(*(g[:100] for g in match.groups()))
    return job.reason


def _what_moved(reason: str, language: str) -> str:
    """Which parts of a job's plan are not what they were; all that can be, where Snakemake does not say."""
    plans = [match.groups() for match in _PLAN.finditer(reason)]
    parts = _PARTS[language]
    moved = [words for words, *hashes in zip(parts, *plans, strict=True) if len(set(hashes)) > 1]
    return "; ".join(moved or parts)
