"""Stage impute: one plan entry with its missing values imputed, pooled, and moved until the answer turns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.errors import openly
from dww_analysis.parts import Work
from dww_analysis.stages import places
from dww_analysis.stages.entries import entry_data, entry_reads, entry_slice
from dww_analysis.stages.project import Project
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Split, Stage, Tables


def imputed_entries(project: Project) -> list[str]:
    """Ids of the plan entries whose outcome is imputed: continuous ones that are not adjusted for the first wave, where
    the plan has `missing: imputation`."""
    plan = project.files.plan
    if plan.missing.imputation is None:
        return []
    own = [e for e in plan.entries if not e.adjusted]
    return [e.id for e in own if project.outcome_scale(e).measure == "continuous"]


def delta_arms(project: Project) -> tuple[str, ...]:
    """The arms whose imputed values are moved."""
    delta = project.files.plan.missing.delta
    return delta.arms if delta else ()


def _work(project: Project, name: str, tables: Tables) -> Work[Made]:
    """Impute one entry, or say why that cannot be had; its chains are parts."""
    from dww_analysis.effects.missing.results import nothing
    from dww_analysis.effects.refusals import REFUSALS

    warnings = []
    try:
        found = yield from _imputed(project, project.entry(name), tables)
    except REFUSALS as error:
        found = nothing(name, openly(error), delta_arms(project))
        warnings = [f"{name}: {openly(error)}"]
    return Made({part: getattr(found, part) for part in places.ENTRY_IMPUTATION}, warnings)


def _imputed(project: Project, entry: PlanEntry, tables: Tables) -> Work[Any]:
    from dww_analysis.effects.missing.impute import impute_work
    from dww_analysis.effects.missing.results import tables_of

    files, scores, missing = project.files, tables["scores"], project.files.plan.missing
    assert missing.imputation is not None
    found = yield from impute_work(
        entry_data(project, entry.id, tables),
        missing.imputation,
        {name: scores[name.split(".")[0]] for name in auxiliaries_of(project, entry)},
        background=background_of(project),
        delta=missing.delta,
        employed=employed_of(tables.get("records", {}), entry.sample),
    )
    return tables_of(found, files.plan.conf_level, delta_arms(project))


def auxiliaries_of(project: Project, entry: PlanEntry) -> list[str]:
    """Scales completed with the outcome: those that the plan names and the entry's sample answered, but the outcome
    itself; [] without imputation (None)."""
    imputation = project.files.plan.missing.imputation
    named = imputation.auxiliaries if imputation else ()
    return [n for n in named if n != entry.outcome and entry.sample in project.scale(n.split(".")[0]).samples]


def background_of(project: Project) -> list[str]:
    """Background in the imputation model: columns of the answers that the plan names for taking part and study.yaml
    declares."""
    known = {b.name for b in project.files.study.background}
    return [n for n in project.files.plan.missing.participation if n in known]


def employed_of(records: Mapping[str, pd.DataFrame], sample: str) -> pd.DataFrame | None:
    """Person and wave of who was with the employer then and did not leave before the wave; None without records."""
    if not records:
        return None
    rows = pd.concat(records.values())
    there = rows[(rows["sample"] == sample) & ~rows["left"].astype(bool)]
    return there[["person", "wave"]].astype({"wave": int})


def _reads(project: Project, name: str) -> dict[str, Any]:
    others = [n.split(".")[0] for n in auxiliaries_of(project, project.entry(name))]
    return entry_reads(project, name, others) | records_read(project)


def records_read(project: Project) -> dict[str, dict[str, Path]]:
    """{"records": {source: file}} of personnel records, where the study has them; else {}. A part of `reads`."""
    sources = [s.id for s in project.exposure_sources() if s.kind == "hr"]
    records = {source: places.EXPOSURE_FEATURES.at(project.paths, source) for source in sources}
    return {"records": records} if records else {}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    background = [
        b for b in project.files.study.background if b.name in project.files.plan.missing.participation
    ]
    return *entry_slice(project, name), bare(project.files.plan.missing), [bare(b) for b in background]


def _most(project: Project, name: str) -> int:
    """A chain under each prior, or such a one for each arm."""
    imputation = project.files.plan.missing.imputation
    by_arm = imputation is not None and imputation.by_arm
    return 2 * len(project.files.study.arms) if by_arm else 2


SPLIT = Split(_work, _most)
STAGE = Stage(
    "impute",
    per="entry",
    reads=_reads,
    makes=places.ENTRY_IMPUTATION,
    config=_config,
    run=SPLIT.run,
    names=imputed_entries,
    split=SPLIT,
)
