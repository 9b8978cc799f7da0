"""Stage impact: the planned estimate of every entry that deviates, as it was sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.config.files import StudyFiles
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Source, Study
from dww_analysis.domain.theory import Theory
from dww_analysis.errors import openly
from dww_analysis.stages import places
from dww_analysis.stages.coverages import sources_of
from dww_analysis.stages.deliveries import key_mark
from dww_analysis.stages.deviating import deviating, recomputed, seal_of_study, theory_deviates
from dww_analysis.stages.entries import (
    contracts_read,
    covariate_scales,
    entry_slice,
    links_of,
    of_population,
    record_rows,
)
from dww_analysis.stages.mechanisms import mechanisms_of, scales_needed
from dww_analysis.stages.project import Project
from dww_analysis.stages.read_again import files_read_again, read_again
from dww_analysis.stages.settings import allocation_read, drawable_read, reporting
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Stage, Tables

if TYPE_CHECKING:
    from dww_analysis.config.unsealed import Unsealed
    from dww_analysis.effects.fitted import EntryData


def _run(project: Project, name: str, tables: Tables) -> Made:
    """Recompute what can be recomputed, or say what stands in the way."""
    from dww_analysis.domain.tables.effects import IMPACT

    found = [_impact(project, entry, tables) for entry in deviating(project)]
    warnings = [said for _, said in found if said]
    table = pd.DataFrame([row for row, _ in found]).reindex(columns=list(IMPACT.names))
    if theory_deviates(project):
        of_theory, said = _theory_impact(project, tables)
        table = pd.concat([table, of_theory], ignore_index=True).reindex(columns=list(IMPACT.names))
        warnings += said
    texts = {c.name: table[c.name].fillna("") for c in IMPACT.columns if c.kind == "text"}
    return Made({"impact": table.assign(**texts)}, warnings)


def _impact(project: Project, name: str, tables: Tables) -> tuple[dict[str, Any], str]:
    """The row of one entry, and why its sealed model could not be estimated."""
    from dww_analysis.domain.estimate import listed
    from dww_analysis.effects.impact import sealed_numbers
    from dww_analysis.effects.refusals import REFUSALS
    from dww_analysis.errors import MeasurementError, ScaleError, SourceError

    sealed = _unsealed(project, name)
    if sealed.kept:
        return {"entry": name, "remark_sealed": "as_read", "kept": listed(sealed.kept)}, ""
    said = f"{name}: not estimated under the sealed plan: "
    try:
        return sealed_numbers(_as_sealed(project, sealed, tables), _as_now(project, name, tables)), ""
    except (*REFUSALS, ScaleError) as error:
        return {"entry": name, "remark_sealed": "failed"}, said + openly(error)
    except (MeasurementError, SourceError) as error:
        unread = {"entry": name, "remark_sealed": "unread", "kept": listed(sealed.reread)}
        return unread, said + openly(error)


def _theory_impact(project: Project, tables: Tables) -> tuple[pd.DataFrame, list[str]]:
    """What the theory of change gave as it was sealed, with scores by its sealed keys; or why that cannot be had."""
    from dww_analysis.config.unsealed import unsealed_theory
    from dww_analysis.effects.impact import theory_impact
    from dww_analysis.effects.refusals import REFUSALS
    from dww_analysis.errors import ScaleError
    from dww_analysis.scales import score_scale

    seal, now = seal_of_study(project), project.files.theory
    assert seal is not None and seal.theory is not None and now is not None  # else nothing of it deviates
    sealed, own = unsealed_theory(project.files, seal.theory)
    present = [project.scale(s) for s in scales_needed(project)]

    def found(theory: Theory, scales: Sequence[Scale]) -> pd.DataFrame:
        scores = {s.id: score_scale(tables["answers"], tables["missing"], s) for s in scales}
        return mechanisms_of(project, theory, scales, scores, tables)

    gone = [n.id for n in sealed.nodes if n.dose is not None and n.dose[0] not in tables.get("features", {})]
    if gone:
        said = f"theory: not estimated as it was sealed: no source of doses for {', '.join(gone)}"
        return pd.DataFrame(), [said]
    try:
        return theory_impact(found(sealed, own), found(now, present)), []
    except (*REFUSALS, ScaleError) as error:
        return pd.DataFrame(), [f"theory: not estimated as it was sealed: {openly(error)}"]


def _unsealed(project: Project, name: str) -> Unsealed:
    from dww_analysis.config.unsealed import unsealed

    seal = seal_of_study(project)
    assert seal is not None  # there is no job without
    return unsealed(project.files, seal, name)


def _as_sealed(project: Project, sealed: Unsealed, tables: Tables) -> EntryData:
    from dww_analysis.effects.impact import only_waves
    from dww_analysis.effects.relinking import relinked

    if sealed.of_records:
        read = read_again(project, sealed.reading, sealed.entry, tables)
        return _of_records(replace(project, given=sealed.reading), sealed.entry, sealed.plan, read)
    if sealed.reread:
        read = read_again(project, sealed.reading, sealed.entry, tables)
        return only_waves(_data(sealed.entry, sealed.plan, sealed.study, sealed.scales, read))
    data = only_waves(_data(sealed.entry, sealed.plan, sealed.study, sealed.scales, tables))
    other = sealed.linking != project.files.study.linking.rule and data.links is not None
    return relinked(data, sealed.linking) if other else data


def _as_now(project: Project, name: str, tables: Tables) -> EntryData | None:
    """The entry as it is estimated now; None where it is gone."""
    files = project.files
    entry = next((e for e in files.plan.entries if e.id == name), None)
    if entry is None:
        return None
    if project.record_sources(entry):
        return _of_records(project, entry, files.plan, tables)
    scales = [project.outcome_scale(entry), *(project.scale(s) for s in covariate_scales(project, entry))]
    return _data(entry, files.plan, files.study, scales, tables)


def _of_records(project: Project, entry: PlanEntry, plan: Plan, tables: Mapping[str, Any]) -> EntryData:
    """Everything an entry needs whose outcome is in personnel records."""
    from dww_analysis.effects.fitted import EntryData

    rows, scale = record_rows(project, entry, tables), project.outcome_scale(entry)
    return EntryData(
        entry, plan, project.files.study, scale, rows, {}, tables["answers"], drawable=tables.get("drawable")
    )


def _data(
    entry: PlanEntry,
    plan: Plan,
    study: Study,
    scales: Sequence[Scale],
    tables: Mapping[str, Any],
) -> EntryData:
    """Everything an entry needs, its outcome and covariates scored anew by `scales`; what could be drawn goes along for
    studies that name a list."""
    from dww_analysis.effects.fitted import EntryData
    from dww_analysis.scales import score_scale

    answers = tables["answers"]
    scores = {s.id: score_scale(answers, tables["missing"], s) for s in scales}
    own = next(s for s in scales if s.id == entry.outcome.split(".")[0])
    listed = study.allocation is not None and study.allocation.listed
    drawable = tables.get("drawable") if listed else None
    data = EntryData(entry, plan, study, own, scores[own.id], scores, answers, links_of(tables), drawable)
    return of_population(data, tables)


def _reads(project: Project, name: str) -> Mapping[str, Any]:
    paths = project.paths
    found: dict[str, Any] = {"answers": places.MEASUREMENTS.at(paths), "missing": places.MISSING.at(paths)}
    found |= drawable_read(project)
    entries = [e for e in project.files.plan.entries if e.id in deviating(project)]
    found |= contracts_read(project, [*entries, *(_unsealed(project, n).entry for n in deviating(project))])
    records = dict.fromkeys(s.id for e in entries for s in project.record_sources(e))
    if records:
        detail = {s: places.EXPOSURE_DETAIL.at(paths, s) for s in records}
        found |= {"records": detail, **allocation_read(project)}
    told = sources_of(project) if _readings(project) else []
    found |= {"coverage": {s.id: places.COVERAGE.at(paths, s.id) for s in told}} if told else {}
    if theory_deviates(project):
        found |= {"features": {s.id: places.EXPOSURE_FEATURES.at(paths, s.id) for s in _dosed(project)}}
    return found | ({"links": places.LINKS.at(paths)} if project.code_sources() else {})


def _readings(project: Project) -> list[StudyFiles]:
    """The sealed rules of reading of every entry whose files are read again by them."""
    found = [_unsealed(project, name) for name in deviating(project)]
    return [one.reading for one in found if not one.kept and (one.reread or one.of_records)]


def _key(project: Project) -> str:
    return key_mark(project) if _readings(project) else ""


def _dosed(project: Project) -> list[Source]:
    """The sources of doses in the theory of change, as it was sealed or is now."""
    seal, now = seal_of_study(project), project.files.theory
    sealed = seal.theory["nodes"].values() if seal is not None and seal.theory is not None else []
    named = {n.dose[0] for n in now.nodes if n.dose is not None} if now is not None else set()
    named |= {own["dose"][0] for own in sealed if own.get("dose")}
    return [s for s in project.exposure_sources() if s.id in named]


def _config(project: Project, name: str) -> tuple[Any, ...]:
    seal, planned = seal_of_study(project), {e.id for e in project.files.plan.entries}
    facts = [(n, seal.entries[n]) for n in deviating(project)] if seal is not None else []
    studies = [(_unsealed(project, n).kept, bare(_unsealed(project, n).study)) for n, _ in facts]
    present = [entry_slice(project, n) for n, _ in facts if n in planned]
    read = [bare(reading.sources) for reading in _readings(project)]
    parts = (*_theory_slice(project), *([read] if read else []))
    return facts, studies, present, reporting(project), *parts


def _theory_slice(project: Project) -> tuple[Any, ...]:
    """The theory of change as it was sealed and as it is, with its scales, where both differ."""
    seal = seal_of_study(project)
    if seal is None or not theory_deviates(project):
        return ()
    scales = [bare(project.scale(s)) for s in scales_needed(project)]
    return seal.theory, bare(project.files.theory), scales


STAGE = Stage(
    "impact",
    per="study",
    reads=_reads,
    makes={"impact": places.IMPACT},
    config=_config,
    run=_run,
    names=lambda project: ["study"] if recomputed(project) else [],
    raw=lambda project, name: files_read_again(project, _readings(project)),
    key=_key,
)
