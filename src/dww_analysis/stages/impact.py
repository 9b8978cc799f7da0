"""Stage impact: the planned estimate of every entry that deviates, as it was sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study
from dww_analysis.stages import places
from dww_analysis.stages.deviating import deviating, seal_of_study
from dww_analysis.stages.entries import contracts_read, covariate_scales, entry_slice, links_of, of_population
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import reporting
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
    texts = {c.name: table[c.name].fillna("") for c in IMPACT.columns if c.kind == "text"}
    return Made({"impact": table.assign(**texts)}, warnings)


def _impact(project: Project, name: str, tables: Tables) -> tuple[dict[str, Any], str]:
    """The row of one entry, and why its sealed model could not be estimated."""
    from dww_analysis.domain.estimate import listed
    from dww_analysis.effects.impact import sealed_numbers
    from dww_analysis.effects.refusals import REFUSALS
    from dww_analysis.errors import ScaleError

    sealed = _unsealed(project, name)
    if sealed.of_records:
        return {"entry": name, "remark_sealed": "records"}, ""
    if sealed.kept:
        return {"entry": name, "remark_sealed": "as_read", "kept": listed(sealed.kept)}, ""
    try:
        return sealed_numbers(_as_sealed(project, sealed, tables), _as_now(project, name, tables)), ""
    except (*REFUSALS, ScaleError) as error:
        said = f"{name}: not estimated under the sealed plan: {str(error).splitlines()[0]}"
        return {"entry": name, "remark_sealed": "failed"}, said


def _unsealed(project: Project, name: str) -> Unsealed:
    from dww_analysis.config.unsealed import unsealed

    seal = seal_of_study(project)
    assert seal is not None  # there is no job without
    return unsealed(project.files, seal, name)


def _as_sealed(project: Project, sealed: Unsealed, tables: Tables) -> EntryData:
    from dww_analysis.effects.impact import only_waves
    from dww_analysis.effects.relinking import relinked

    data = only_waves(_data(sealed.entry, sealed.plan, sealed.study, sealed.scales, tables))
    other = sealed.linking != project.files.study.linking.rule and data.links is not None
    return relinked(data, sealed.linking) if other else data


def _as_now(project: Project, name: str, tables: Tables) -> EntryData | None:
    """The entry as it is estimated now; None where it is gone, or about personnel records, which hold no answers."""
    files = project.files
    entry = next((e for e in files.plan.entries if e.id == name), None)
    if entry is None or project.record_sources(entry):
        return None
    scales = [project.outcome_scale(entry), *(project.scale(s) for s in covariate_scales(project, entry))]
    return _data(entry, files.plan, files.study, scales, tables)


def _data(entry: PlanEntry, plan: Plan, study: Study, scales: Sequence[Scale], tables: Tables) -> EntryData:
    """Everything an entry needs, its outcome and covariates scored anew by `scales`."""
    from dww_analysis.effects.fitted import EntryData
    from dww_analysis.scales import score_scale

    answers = tables["answers"]
    scores = {s.id: score_scale(answers, tables["missing"], s) for s in scales}
    own = next(s for s in scales if s.id == entry.outcome.split(".")[0])
    return of_population(
        EntryData(entry, plan, study, own, scores[own.id], scores, answers, links_of(tables)), tables
    )


def _reads(project: Project, name: str) -> Mapping[str, Any]:
    paths = project.paths
    found: dict[str, Any] = {"answers": places.MEASUREMENTS.at(paths), "missing": places.MISSING.at(paths)}
    entries = [e for e in project.files.plan.entries if e.id in deviating(project)]
    found |= contracts_read(project, [*entries, *(_unsealed(project, n).entry for n in deviating(project))])
    return found | ({"links": places.LINKS.at(paths)} if project.code_sources() else {})


def _config(project: Project, name: str) -> tuple[Any, ...]:
    seal, planned = seal_of_study(project), {e.id for e in project.files.plan.entries}
    facts = [(n, seal.entries[n]) for n in deviating(project)] if seal is not None else []
    studies = [(_unsealed(project, n).kept, bare(_unsealed(project, n).study)) for n, _ in facts]
    present = [entry_slice(project, n) for n, _ in facts if n in planned]
    return facts, studies, present, reporting(project)


STAGE = Stage(
    "impact",
    per="study",
    reads=_reads,
    makes={"impact": places.IMPACT},
    config=_config,
    run=_run,
    names=lambda project: ["study"] if deviating(project) else [],
)
