"""Stage calibrate: one plan entry on invented trials of the study's own design, where the plan asks for it."""

from __future__ import annotations

from typing import Any

from dww_analysis.stages import places
from dww_analysis.stages.entries import covariate_scales, entry_slice
from dww_analysis.stages.project import Project
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Stage, Tables


def _run(project: Project, name: str, tables: Tables) -> Made:
    """Try the tests of one plan entry; an entry that cannot be estimated gives no rows."""
    import pandas as pd

    from dww_analysis.effects.calibration import COLUMNS, calibrate
    from dww_analysis.effects.estimate import EntryData
    from dww_analysis.effects.refusals import REFUSALS

    files, entry = project.files, project.entry(name)
    scores, scale = tables["scores"], project.outcome_scale(entry)
    covariates = {other: scores[other] for other in covariate_scales(project, entry)}
    data = EntryData(entry, files.plan, files.study, scale, scores[scale.id], covariates, tables["answers"])
    settings = files.plan.calibration
    assert settings is not None  # there is no job without
    try:
        return Made({"calibration": calibrate(data, settings)}, _unsaid(name, entry.sesoi, settings))
    except REFUSALS as error:
        found = f"{name}: not tried on invented trials: {str(error).splitlines()[0]}"
        return Made({"calibration": pd.DataFrame(columns=list(COLUMNS))}, [found])


def _unsaid(name: str, sesoi: float | None, settings: Any) -> list[str]:
    if sesoi is not None or "sesoi" not in settings.effects:
        return []
    return [f"{name}: power is not known at a smallest effect of interest: the plan gives no `sesoi`."]


def calibrated(project: Project) -> list[str]:
    """Ids of the entries that are tried: those of the plan, not the exploratory ones; none without `calibration`."""
    plan = project.files.plan
    if plan.calibration is None:
        return []
    return [e.id for e in plan.entries if e.status != "exploratory" and e.id not in plan.written_exploratory]


def _reads(project: Project, name: str) -> dict[str, Any]:
    paths, entry = project.paths, project.entry(name)
    wanted = [project.outcome_scale(entry).id, *covariate_scales(project, entry)]
    return {
        "answers": places.MEASUREMENTS.at(paths),
        "scores": {scale: places.SCORES.at(paths, scale) for scale in wanted},
    }


def _config(project: Project, name: str) -> tuple[Any, ...]:
    return *entry_slice(project, name), bare(project.files.plan.calibration)


STAGE = Stage(
    "calibrate",
    per="entry",
    reads=_reads,
    makes={"calibration": places.ENTRY_CALIBRATION},
    config=_config,
    run=_run,
    names=calibrated,
)
