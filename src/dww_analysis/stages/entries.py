"""A plan entry as stages meet it: the tables it needs, what is made of them, and the configuration that decides it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from dww_analysis.domain.plan import EMPLOYED, Missing, PlanEntry
from dww_analysis.domain.records import LEFT
from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import allocation_read, drawable_read, reporting
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Tables

if TYPE_CHECKING:
    import pandas as pd

    from dww_analysis.effects.fitted import EntryData

LINK_COLUMNS = ["sample", "person", "wave", "person_exact", "person_fuzzy", "person_none"]


def entry_slice(project: Project, name: str) -> tuple[Any, ...]:
    """Everything that decides the planned numbers of one entry, without words: its resolved form and the settings. What
    is done about missing values and what units are weighed by are slices of their own (stages impute and estimate).

    ConfigError for a name that is not in the plan.
    """
    from dww_analysis.config.resolved import resolve_entry

    without = replace(project.files, plan=replace(project.files.plan, missing=Missing(), propensity=()))
    facts = resolve_entry(without, project.entry(name)).facts
    return facts, _settings(project)


def _settings(project: Project) -> dict[str, Any]:
    plan, study = project.files.plan, project.files.study
    return {
        "conf_level": plan.conf_level,
        "organisations_fixed_below": plan.organisations_fixed_below,
        "seed": study.seed,
        "linking": bare(study.linking) if project.code_sources() else None,
        **reporting(project),
    }


def covariate_scales(project: Project, entry: PlanEntry) -> list[str]:
    """Ids of the scales, beside the outcome's, that the entry's formula or covariates name, sorted; other names in it
    are columns of answers."""
    if entry.formula is None and not entry.covariates:
        return []
    from dww_analysis.effects.frames import covariate_names

    known = {s.id for s in project.files.scales}
    names = {n.split(".")[0] for n in covariate_names(entry, project.files.study)}
    return sorted(names & known)


def entry_reads(project: Project, name: str, also: Iterable[str] = ()) -> dict[str, Any]:
    """What `entry_data` needs: the answers, and the scores of the outcome, the covariates and of the scales `also`;
    for an outcome of personnel records those, and the allocation."""
    paths, entry = project.paths, project.entry(name)
    records = {s.id: places.EXPOSURE_DETAIL.at(paths, s.id) for s in project.record_sources(entry)}
    own = [] if records else [project.outcome_scale(entry).id]
    scales = dict.fromkeys([*own, *covariate_scales(project, entry), *also])
    found: dict[str, Any] = {
        "answers": places.MEASUREMENTS.at(paths),
        "scores": {scale: places.SCORES.at(paths, scale) for scale in scales},
    }
    found |= drawable_read(project) | contracts_read(project, [entry])
    return found | ({"records": records, **allocation_read(project)} if records else {})


def entry_data(project: Project, name: str, tables: Tables) -> EntryData:
    """One plan entry with its scores and answers. `links` among the tables says who is who by each rule of linking."""
    from dww_analysis.effects.fitted import EntryData

    files, entry, scores = project.files, project.entry(name), tables["scores"]
    scale = project.outcome_scale(entry)
    covariates = {other: scores[other] for other in covariate_scales(project, entry)}
    answers, links = tables["answers"], links_of(tables)
    own = record_rows(project, entry, tables) if project.record_sources(entry) else scores[scale.id]
    drawable = tables.get("drawable")
    data = EntryData(entry, files.plan, files.study, scale, own, covariates, answers, links, drawable)
    return of_population(data, tables)


def contracts_read(project: Project, entries: Iterable[PlanEntry]) -> dict[str, Any]:
    """{"contracts": {source: file}} of personnel records, where an entry is about persons under contract; else {}. A
    part of `reads`."""
    samples = {e.sample for e in entries if e.population == EMPLOYED}
    sources = [s.id for s in project.files.sources if s.kind == "hr" and s.sample in samples]
    contracts = {s: places.EXPOSURE_DETAIL.at(project.paths, s) for s in sources}
    return {"contracts": contracts} if contracts else {}


def of_population(data: EntryData, tables: Mapping[str, Any]) -> EntryData:
    """The entry with the answers of its population, where personnel records say who that is; other entries as they
    are. tables: `contracts`, months of each person by source."""
    if data.entry.population != EMPLOYED:
        return data
    from dww_analysis.effects.populations import only_employed

    return only_employed(data, _under_contract(data, tables))


def contracts_beside(project: Project, entry: PlanEntry) -> dict[str, Any]:
    """Personnel records of an entry that is about all who answered, where they can say who was under contract at each
    wave: persons have the codes of the records, and waves their dates."""
    own = [s for s in project.files.sources if s.sample == entry.sample]
    strangers = any(s.kind == "answers" and s.persons != "key" for s in own)
    undated = any(w.date is None for w in project.files.study.waves)
    if strangers or undated or entry.population == EMPLOYED or project.record_sources(entry):
        return {}
    found = {s.id: places.EXPOSURE_DETAIL.at(project.paths, s.id) for s in own if s.kind == "hr"}
    return {"contracts": found} if found else {}


def with_contracts_beside(project: Project, data: EntryData, tables: Mapping[str, Any]) -> EntryData:
    """The entry with who was under contract, where `contracts_beside` has records."""
    from dww_analysis.effects.populations import with_contracts

    known = contracts_beside(project, data.entry)
    return with_contracts(data, _under_contract(data, tables)) if known else data


def _under_contract(data: EntryData, tables: Mapping[str, Any]) -> pd.DataFrame:
    import pandas as pd

    from dww_analysis.exposure import employed_at_waves

    return pd.concat([employed_at_waves(months, data.study) for months in tables["contracts"].values()])


def record_rows(project: Project, entry: PlanEntry, tables: Mapping[str, Any]) -> pd.DataFrame:
    """Of the personnel records of the entry's sample the person-months at risk of leaving, or who had left by the wave
    of the entry."""
    import pandas as pd

    from dww_analysis.exposure import left_by_wave, months_at_risk

    study, sources = project.files.study, project.record_sources(entry)
    last = study.waves[-1].number if entry.wave is None else entry.wave
    make = partial(left_by_wave, wave=last) if entry.outcome == LEFT else months_at_risk
    answers, allocation = tables["answers"], tables.get("allocation")
    return pd.concat(make(tables["records"][s.id], answers, allocation, s, study) for s in sources)


def links_of(tables: Mapping[str, Any]) -> pd.DataFrame | None:
    """The rows of linked persons, in studies whose persons made their own codes."""
    if "links" not in tables:
        return None
    rows = tables["links"]
    return rows.loc[rows["kept"], LINK_COLUMNS]
