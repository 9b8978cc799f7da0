"""Stages score, analyse and careless: items to scores, how well they were measured, and who answered carelessly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from dww_analysis import storage
from dww_analysis.cli.project import Project
from dww_analysis.cli.provenance import write_provenance
from dww_analysis.domain.scales import Scale

LEAST_ITEMS = 6  # in fewer items a row of equal answers says nothing
MEASUREMENT_TABLES = (
    "reliability", "items", "descriptives", "stability", "invariance", "invariance_steps", "factor_structure",
)  # fmt: skip


def score_files(project: Project, scale: str) -> Path:
    """Where the scores of a scale are."""
    return project.paths.derived / "scores" / f"{scale}.parquet"


def run_score(project: Project, name: str) -> None:
    """Score one scale. Imports numpy and pandas only, so that the job is short."""
    from dww_analysis.scales import score_scale

    derived, scale = project.paths.derived, project.scale(name)
    inputs = [derived / "measurements.parquet", derived / "missing.parquet"]
    answers, missing = (storage.load_frame(p) for p in inputs)
    storage.save_frame(score_scale(answers, missing, scale), score_files(project, name))
    write_provenance(project, "score", name, inputs, scale)


def run_analyse(project: Project, name: str) -> None:
    """How well one scale was measured: reliability, items, descriptives, stability over waves, factors, invariance."""
    from dww_analysis.scales import analyse_scale
    from dww_analysis.scales.measured import measure_invariance

    derived, scale = project.paths.derived, project.scale(name)
    inputs = [derived / "measurements.parquet", score_files(project, name)]
    answers, scores = (storage.load_frame(p) for p in inputs)
    analysis = analyse_scale(answers, scores, scale)
    folder = derived / "measurement" / name
    sameness = measure_invariance(answers, scale, project.files.study, **asdict(project.files.measurement))
    tables = {
        "reliability": analysis.reliability,
        "items": analysis.items,
        "descriptives": analysis.descriptives,
        "stability": analysis.stability,
        "invariance": sameness.verdicts,
        "invariance_steps": sameness.steps,
        "factor_structure": sameness.structure,
    }
    for part, table in tables.items():
        storage.save_frame(table, folder / f"{part}.csv")
    write_provenance(project, "analyse", name, inputs, scale)


def run_careless(project: Project, name: str) -> None:
    """Flags of careless answering per person and wave, from the order of answers and, where known, the time taken.

    Needs no scoring key, so that correcting one does not touch other scales' estimates.
    """
    derived = project.paths.derived
    answers = storage.load_frame(derived / "measurements.parquet")
    storage.save_frame(careless_answers(answers, project.files.scales), derived / "careless.parquet")
    write_provenance(project, "careless", name, [derived / "measurements.parquet"], item_columns(project))


def item_columns(project: Project) -> list[str]:
    """All item columns of the study, in the order of its scales."""
    return [c for scale in project.files.scales for c in scale.items]


def careless_answers(answers: pd.DataFrame, scales: Iterable[Scale]) -> pd.DataFrame:
    """sample, person, wave and the indices and flags of `careless_flags`, for every sample and wave with items."""
    from dww_analysis.scales.careless import careless_flags

    keys = ["sample", "person", "wave"]
    columns = [c for s in scales for c in s.items if c in answers.columns]
    parts = []
    for _, rows in answers.groupby(["sample", "wave"], sort=True):
        asked = [c for c in columns if rows[c].notna().any()]
        if len(asked) < LEAST_ITEMS:
            continue
        seconds = rows.get("duration_seconds")
        parts.append(pd.concat([rows[keys], careless_flags(rows[asked], seconds=seconds)], axis=1))
    if not parts:
        return pd.DataFrame({**{k: answers[k].iloc[:0] for k in keys}, "careless": pd.Series(dtype=bool)})
    return pd.concat(parts, ignore_index=True)
