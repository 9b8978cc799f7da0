"""Stages estimate and families: one plan entry to its estimates, and the correction over all entries."""

from __future__ import annotations

import pandas as pd

from dww_analysis import storage
from dww_analysis.cli.project import Project
from dww_analysis.cli.provenance import write_provenance
from dww_analysis.cli.stages.scales import score_files
from dww_analysis.domain.estimate import COLUMNS
from dww_analysis.effects.sensitivity import COLUMNS as SENSITIVITY_COLUMNS

COMPONENT_COLUMNS = ["entry", "group", "term_1", "term_2", "estimate", "sd_or_correlation"]
COMPONENT_COLUMNS += ["conf_low", "conf_high", "boundary"]


def run_estimate(project: Project, name: str) -> None:
    """Estimate one plan entry. What cannot be estimated is saved as such, with the reason, and the report says so."""
    from dww_analysis.effects import EntryData, EntryResult, fit_entry, read_estimates, sensitivity_of
    from dww_analysis.effects.refusals import REFUSALS

    derived, entry = project.paths.derived, project.entry(name)
    scale = project.outcome_scale(entry)
    others = project.covariate_scales(entry)
    inputs = [derived / "measurements.parquet", derived / "careless.parquet"]
    inputs += [score_files(project, s) for s in [scale.id, *others]]
    answers, careless, scores, *tables = (storage.load_frame(p) for p in inputs)
    covariates = dict(zip(others, tables, strict=True))
    files = project.files
    try:
        data = EntryData(entry, files.plan, files.study, scale, scores, covariates, answers, _links(project))
        found = fit_entry(data)
        result, sensitivity = read_estimates(data, found), sensitivity_of(data, found, careless)
    except REFUSALS as error:
        record = {"entry": entry.id, "outcome": entry.outcome, "failed": str(error)}
        result = EntryResult(
            pd.DataFrame(columns=list(COLUMNS)), pd.DataFrame(columns=COMPONENT_COLUMNS), record
        )
        sensitivity = pd.DataFrame(columns=list(SENSITIVITY_COLUMNS))
    folder = derived / "estimates"
    storage.save_frame(result.estimates, folder / f"{name}.csv")
    storage.save_frame(result.components, folder / f"{name}.components.csv")
    storage.save_frame(sensitivity, folder / f"{name}.sensitivity.csv")
    storage.save_json(result.record, folder / f"{name}.fit.json")
    inputs += [project.paths.interim / "linkage.parquet"] if project.code_sources() else []
    write_provenance(project, "estimate", name, inputs, entry, result.record.get("warnings", []))


def _links(project: Project) -> pd.DataFrame | None:
    """Who is who by each rule of linking, in studies whose persons made their own codes."""
    if not project.code_sources():
        return None
    rows = storage.load_frame(project.paths.interim / "linkage.parquet")
    return rows.loc[rows["kept"], ["sample", "person", "wave", "person_exact", "person_fuzzy", "person_none"]]


def run_families(project: Project, name: str) -> None:
    """Put all estimates together and correct the p values within families."""
    from dww_analysis.effects import adjust_families

    derived, plan = project.paths.derived, project.files.plan
    folder = derived / "estimates"
    estimates = [folder / f"{e.id}.csv" for e in plan.entries]
    components = [folder / f"{e.id}.components.csv" for e in plan.entries]
    sensitivity = [folder / f"{e.id}.sensitivity.csv" for e in plan.entries]
    together = _stack(estimates, list(COLUMNS))
    storage.save_frame(adjust_families(together, plan), derived / "estimates.csv")
    storage.save_frame(_stack(components, COMPONENT_COLUMNS), derived / "variance_components.csv")
    storage.save_frame(_stack(sensitivity, list(SENSITIVITY_COLUMNS)), derived / "sensitivity.csv")
    write_provenance(project, "families", name, [*estimates, *components, *sensitivity], plan.families)


def _stack(files: list, columns: list[str]) -> pd.DataFrame:
    frames = [f for f in (storage.load_frame(p) for p in files) if len(f)]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
