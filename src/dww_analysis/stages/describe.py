"""Stage describe: every table of the report, let out through the gate: the only tables that documents read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis.domain.theory import THEORY, told_by
from dww_analysis.stages import places
from dww_analysis.stages.calibrate import calibrated
from dww_analysis.stages.deviating import deviations, recomputed, theory_deviates
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import allocation_read, printed
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Stage, Tables, stacked

TABLES = (
    "estimates", "variance_components", "correlations", "weighting", "sensitivity", "flow", "baseline", "careless",
    "missing_by_scale", "missing_by_item", "missing_by_team", "drift", "calibration", "calibration_bins", "answers",
    "design", "deviations", "link_plausibility", *places.MEASUREMENT,
)  # fmt: skip
STUDY_TABLES = {  # tables that are shown as they were made
    "estimates": places.ESTIMATES,
    "variance_components": places.COMPONENTS,
    "correlations": places.CORRELATIONS,
    "weighting": places.WEIGHTING,
    "flow": places.FLOW,
    "sensitivity": places.SENSITIVITY,
    "link_plausibility": places.LINK_PLAUSIBILITY,
}

TRIED = {"calibration": places.ENTRY_CALIBRATION, "calibration_bins": places.ENTRY_CALIBRATION_BINS}


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """All tables, as they may be shown together."""
    from dww_analysis.effects import calibration, trial_bins
    from dww_analysis.effects.answers import answer_table
    from dww_analysis.effects.baseline import baseline_table
    from dww_analysis.effects.designs.table import design_table
    from dww_analysis.privacy.gate import let_out

    files, answers = project.files, tables["answers"]
    scores = {scale.id: tables["scores"][scale.id] for scale in files.scales}
    measured = {part: stacked(list(tables[f"scale_{part}"].values())) for part in places.MEASUREMENT}
    tried = _tried(tables, "calibration", calibration.COLUMNS)
    found = {
        "design": design_table(files.study, tables.get("allocation")),
        "deviations": _deviations(project, tables),
        **{table: tables[table] for table in STUDY_TABLES},
        "answers": answer_table(
            tables["estimates"], files.plan, files.study, files.outcomes(), tables["flow"], tried
        ),
        "baseline": baseline_table(files.study, files.scales, answers, scores),
        **_quality_tables(project, answers, tables["missing"]),
        "careless": _careless_counts(tables["careless"]),
        "calibration": tried,
        "calibration_bins": _tried(tables, "calibration_bins", trial_bins.COLUMNS),
        **measured,
    }
    return let_out(found, files.study.min_cell_size)


def _deviations(project: Project, tables: Tables) -> pd.DataFrame:
    """What differs from the sealed plan, beside it the planned estimate as it was sealed and as it is now."""
    from dww_analysis.config.deviations import COLUMNS
    from dww_analysis.domain.tables.effects import DEVIATIONS
    from dww_analysis.effects.impact import planned_numbers, theory_numbers

    rows = pd.DataFrame(deviations(project), columns=list(COLUMNS))
    if not len(rows):
        return rows.reindex(columns=list(DEVIATIONS.names))
    now = planned_numbers(tables["estimates"], "now")
    if "mechanisms" in tables:
        now = pd.concat([now, theory_numbers(tables["mechanisms"], "now")], ignore_index=True)
    rows["of"] = [_told_by(project, row) for row in rows.to_dict("records")]
    found = rows.merge(now.rename(columns={"entry": "of"}), on="of", how="left")
    if "impact" in tables:
        found = found.merge(tables["impact"].rename(columns={"entry": "of"}), on="of", how="left")
    return found.reindex(columns=list(DEVIATIONS.names))


def _told_by(project: Project, row: Mapping[Any, Any]) -> str:
    """What shows a value that deviates: its entry, or of the theory of change an arrow, path or moderation."""
    from dww_analysis.effects.impact import theory_key

    told = told_by(row["what"], project.files.theory) if row["entry"] == THEORY else None
    return str(row["entry"]) if told is None else theory_key(*told)


def _quality_tables(
    project: Project, answers: pd.DataFrame, missing: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Absent answers by scale, item and team, and drift of items between waves."""
    from dww_analysis.ingest import quality

    scale_of = {column: scale.id for scale in project.files.scales for column in scale.columns()}
    return {
        "missing_by_scale": quality.missing_by_scale(answers, missing, scale_of),
        "missing_by_item": quality.missing_by_item(answers, missing, scale_of),
        "missing_by_team": quality.missing_by_team(answers, scale_of, project.files.study.min_cell_size),
        "drift": quality.drift(answers, scale_of),
    }


def _careless_counts(careless: pd.DataFrame) -> pd.DataFrame:
    """How many persons were flagged, by sample and wave."""
    flags = [c for c in careless.columns if c.startswith("flag_")] + ["careless"]
    groups = careless.groupby(["sample", "wave"])
    return groups[flags].sum().assign(n=groups.size()).reset_index()


def _tried(tables: Tables, part: str, columns: Sequence[str]) -> pd.DataFrame:
    """What every entry gave that was tried on invented trials; without rows where the plan asks for none."""
    tried = [t for t in tables.get(part, {}).values() if len(t)]
    return pd.concat(tried, ignore_index=True) if tried else pd.DataFrame(columns=list(columns))


def _reads(project: Project, name: str) -> dict[str, Any]:
    paths, scales = project.paths, [s.id for s in project.files.scales]
    measured: dict[str, dict[str, Path]] = {
        f"scale_{part}": {scale: place.at(paths, scale) for scale in scales}
        for part, place in places.MEASUREMENT.items()
    }
    single = {
        "answers": places.MEASUREMENTS,
        "missing": places.MISSING,
        "careless": places.CARELESS,
        **STUDY_TABLES,
    }
    found: dict[str, Any] = {part: place.at(paths) for part, place in single.items()}
    found |= allocation_read(project)
    found |= {"impact": places.IMPACT.at(paths)} if recomputed(project) else {}
    if theory_deviates(project):
        found |= {"mechanisms": places.safe_table("mechanisms").at(paths)}
    for part, place in TRIED.items():
        tried = {entry: place.at(paths, entry) for entry in calibrated(project)}
        found |= {part: tried} if tried else {}
    return {**found, "scores": {scale: places.SCORES.at(paths, scale) for scale in scales}, **measured}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    """Tables name outcomes, waves, arms and background in words."""
    return printed(project), project.files.outcomes(), bare(project.files.plan), deviations(project)


STAGE = Stage(
    "describe",
    per="study",
    reads=_reads,
    makes={table: places.safe_table(table) for table in TABLES},
    config=_config,
    run=_run,
)
