"""`dww seal`: keep the fingerprints of the planned entries beside the plan."""

from __future__ import annotations

import re

from dww_analysis import storage
from dww_analysis.config.plan import PlanConfig
from dww_analysis.config.seal import seal_of
from dww_analysis.config.strict import validate
from dww_analysis.config.whole import SEAL_FILE
from dww_analysis.config.yaml_file import read_yaml
from dww_analysis.errors import PlanError
from dww_analysis.stages.project import Project


def seal_study(project: Project, date: str) -> tuple[str, int]:
    """Write plan.seal.yaml; returns the date and how many entries it holds. An existing seal is never overwritten."""
    _ = project.files  # only a plan that is right is sealed
    target = project.paths.config / SEAL_FILE
    shown = project.paths.shown(target)
    if target.exists():
        raise PlanError.of(
            "the plan is sealed already", shown, "one seal", "keep it; report changes as deviations"
        )
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        raise PlanError.of(
            f"the date is {date!r}", "--date", "the day of registration as YYYY-MM-DD", "give --date"
        )
    plan, _ = validate(PlanConfig, read_yaml(project.paths.config / "plan.yaml", "plan.yaml"))
    assert plan is not None
    entries = seal_of(plan)
    lines = [f"sealed: {date}", "entries:", *(f"  {name}: {mark}" for name, mark in sorted(entries.items()))]
    storage.save_text("\n".join(lines) + "\n", target)
    return date, len(entries)
