"""Stage curve: one plan entry under every combination of choices, where the plan asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.parts import Work
from dww_analysis.stages import places
from dww_analysis.stages.entries import covariate_scales, entry_data
from dww_analysis.stages.estimate import STAGE as ESTIMATE
from dww_analysis.stages.impute import STAGE as IMPUTE
from dww_analysis.stages.impute import auxiliaries_of, background_of, employed_of
from dww_analysis.stages.project import Project
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Split, Stage, Tables


def varied(project: Project) -> list[str]:
    """Ids of the entries whose choices are varied: planned ones of the primary family about scores (outcomes of
    personnel records rest on no answers); none without `curve`."""
    plan = project.files.plan
    if plan.curve is None:
        return []
    own = [e for e in plan.planned if e.family == plan.primary]
    return [e.id for e in own if not project.record_sources(e)]


def _work(project: Project, name: str, tables: Tables) -> Work[Made]:
    """All points of one entry and the test over them; what cannot be estimated is a point with its reason."""
    from dww_analysis.effects.curve import curve_work

    files, entry = project.files, project.entry(name)
    assert files.plan.curve is not None  # there is no job without
    covariates = {other: tables["scores"][other] for other in _covariate_scales(project, entry)}
    data = replace(entry_data(project, name, tables), covariates=covariates)
    how = _imputing(project, entry, tables)
    points, test = yield from curve_work(data, files.plan.curve, tables["careless"], how)
    return Made({"curve": points, "curve_test": test})


def _covariate_scales(project: Project, entry: PlanEntry) -> list[str]:
    """Scales among the covariates of any point."""
    curve = project.files.plan.curve
    options = curve.covariates if curve is not None else ()
    entries = [entry, *(replace(entry, covariates=option) for option in options)]
    return sorted({scale for one in entries for scale in covariate_scales(project, one)})


def _imputing(project: Project, entry: PlanEntry, tables: Tables) -> Any:
    """How values are imputed at the points that ask for it; None where none does."""
    from dww_analysis.effects.missing.impute import Imputing

    imputation = project.files.plan.missing.imputation
    if imputation is None or not _imputes(project):
        return None
    scores = {name: tables["scores"][name.split(".")[0]] for name in auxiliaries_of(project, entry)}
    employed = employed_of(tables.get("records", {}), entry.sample)
    return Imputing(imputation, scores, background_of(project), employed)


def _imputes(project: Project) -> bool:
    curve = project.files.plan.curve
    return curve is not None and "imputed" in curve.missing


def _reads(project: Project, name: str) -> dict[str, Any]:
    """What the entry's estimate reads, what its imputation reads, and the scales among the covariates."""
    read: dict[str, Any] = dict(ESTIMATE.reads(project, name))
    others: dict[str, Any] = dict(IMPUTE.reads(project, name)) if _imputes(project) else {"scores": {}}
    wanted = {s: places.SCORES.at(project.paths, s) for s in _covariate_scales(project, project.entry(name))}
    return {**others, **read, "scores": {**read["scores"], **others["scores"], **wanted}}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    plan = project.files.plan
    missing = bare(plan.missing) if _imputes(project) else None
    return *ESTIMATE.config(project, name), bare(plan.curve), missing


def _most(project: Project, name: str) -> int:
    """Points with imputed values, and lots of units that are left out."""
    from dww_analysis.effects.curve import parts_at_most

    curve = project.files.plan.curve
    return parts_at_most(curve) if curve is not None else 1


SPLIT = Split(_work, _most)
STAGE = Stage(
    "curve",
    per="entry",
    reads=_reads,
    makes=places.ENTRY_CURVE,
    config=_config,
    run=SPLIT.run,
    names=varied,
    split=SPLIT,
)
