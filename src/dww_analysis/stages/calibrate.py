"""Stage calibrate: one plan entry on invented trials of the study's own design, where the plan asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dww_analysis.domain.analyses import STOPPED
from dww_analysis.errors import openly
from dww_analysis.parts import Work
from dww_analysis.stages import places
from dww_analysis.stages.entries import entry_data, entry_reads, entry_slice
from dww_analysis.stages.project import Project
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Split, Stage, Tables

if TYPE_CHECKING:
    import pandas as pd


def _work(project: Project, name: str, tables: Tables) -> Work[Made]:
    """Try the tests of one plan entry; an entry that cannot be estimated gives no rows."""
    import pandas as pd

    from dww_analysis.effects.calibration import COLUMNS
    from dww_analysis.effects.outcome_trials import planned_work
    from dww_analysis.effects.refusals import REFUSALS
    from dww_analysis.effects.trial_bins import bin_table

    data, settings = entry_data(project, name, tables), project.files.plan.calibration
    assert settings is not None  # there is no job without
    try:
        found = yield from planned_work(data, settings)
    except REFUSALS as error:
        why = f"{name}: not tried on simulated trials: {openly(error)}"
        nothing = {"calibration": pd.DataFrame(columns=list(COLUMNS)), "calibration_bins": bin_table([])}
        return Made(nothing, [why])
    made = {"calibration": found.table, "calibration_bins": found.bins}
    return Made(made, _unsaid(name, found.table, data.entry.sesoi, settings))


def _unsaid(name: str, found: pd.DataFrame, sesoi: float | None, settings: Any) -> list[str]:
    """What the plan asks for and the table does not say."""
    if not found["trials"].any():
        needed = "it takes a mixed model to draw from, of answers that depend on each other"
        return [f"{name}: not tried on simulated trials: {needed}."]
    if "sesoi" not in settings.effects or found["is_sesoi"].any():
        return []
    unknown = f"{name}: power is not known at a smallest size of interest"
    if sesoi is None:
        return [f"{unknown}: the plan gives no `sesoi`."]
    if (found["remark"] == STOPPED).any():
        return []
    return [f"{unknown}: no coefficient of the planned model stands for a `sesoi` of {sesoi:g}."]


def calibrated(project: Project) -> list[str]:
    """Ids of the entries that are tried: those of the plan, not the exploratory ones; none without `calibration`."""
    plan = project.files.plan
    return [] if plan.calibration is None else [e.id for e in plan.planned]


def _config(project: Project, name: str) -> tuple[Any, ...]:
    return *entry_slice(project, name), bare(project.files.plan.calibration)


def _most(project: Project, name: str) -> int:
    """Portions of the trials of every way to test."""
    from dww_analysis.effects.outcome_trials import parts_at_most

    plan, entry = project.files.plan, project.entry(name)
    if plan.calibration is None:
        return 1
    measure = project.outcome_scale(entry).measure
    return parts_at_most(plan.calibration, measure, entry.family == plan.primary)


SPLIT = Split(_work, _most)
STAGE = Stage(
    "calibrate",
    per="entry",
    reads=entry_reads,
    makes={"calibration": places.ENTRY_CALIBRATION, "calibration_bins": places.ENTRY_CALIBRATION_BINS},
    config=_config,
    run=SPLIT.run,
    names=calibrated,
    split=SPLIT,
)
