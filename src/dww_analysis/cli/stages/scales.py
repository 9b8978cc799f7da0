"""Stages score and analyse: one scale's items to scores, and how well they were measured."""

from __future__ import annotations

from pathlib import Path

from dww_analysis import storage
from dww_analysis.cli.project import Project
from dww_analysis.cli.provenance import write_provenance


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
    """Reliability, item and descriptive tables of one scale."""
    from dww_analysis.scales import analyse_scale

    derived, scale = project.paths.derived, project.scale(name)
    inputs = [derived / "measurements.parquet", score_files(project, name)]
    answers, scores = (storage.load_frame(p) for p in inputs)
    analysis = analyse_scale(answers, scores, scale)
    folder = derived / "measurement" / name
    for part in ("reliability", "items", "descriptives"):
        storage.save_frame(getattr(analysis, part), folder / f"{part}.csv")
    write_provenance(project, "analyse", name, inputs, scale)
