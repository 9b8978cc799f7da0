"""Stages describe, draw, overview and report: tables made safe to show, figures, and the document."""

from __future__ import annotations

import platform
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis import __version__, storage
from dww_analysis.cli.closing import fit_records
from dww_analysis.cli.project import Project, slice_hash
from dww_analysis.cli.provenance import write_provenance
from dww_analysis.cli.safe_tables import safe_tables
from dww_analysis.cli.stages.scales import MEASUREMENT_TABLES, score_files
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import say

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "pyreadstat",
    "matplotlib",
    "snakemake",
)


def run_describe(project: Project, name: str) -> None:
    """Every table of the report, with small groups suppressed: the only tables that figures and documents read."""
    from dww_analysis.effects.baseline import baseline_table

    derived, files = project.paths.derived, project.files
    scores = {s.id: storage.load_frame(score_files(project, s.id)) for s in files.scales}
    answers = storage.load_frame(derived / "measurements.parquet")
    tables = {
        "estimates": storage.load_frame(derived / "estimates.csv"),
        "variance_components": storage.load_frame(derived / "variance_components.csv"),
        "flow": storage.load_frame(derived / "flow.csv"),
        "baseline": baseline_table(files.study, files.scales, answers, scores),
        "sensitivity": storage.load_frame(derived / "sensitivity.csv"),
        **_quality_tables(project, answers),
        "careless": _careless_counts(storage.load_frame(derived / "careless.parquet")),
        **{part: _stacked(project, part) for part in MEASUREMENT_TABLES},
    }
    for table, frame in safe_tables(tables, files.study.min_cell_size).items():
        storage.save_frame(frame, derived / "tables" / f"{table}.csv")
    inputs = [derived / "measurements.parquet", derived / "estimates.csv", derived / "flow.csv"]
    write_provenance(project, "describe", name, inputs, files.study)


def _quality_tables(project: Project, answers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Absent answers by scale, item and team, and drift of items between waves."""
    from dww_analysis.ingest import quality

    missing = storage.load_frame(project.paths.derived / "missing.parquet")
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


def _stacked(project: Project, part: str) -> pd.DataFrame:
    folder = project.paths.derived / "measurement"
    frames = [storage.load_frame(folder / s.id / f"{part}.csv") for s in project.files.scales]
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)


def run_draw(project: Project, name: str) -> None:
    """All figures of one scale, in every language: model means over the waves, rainclouds, items and ladder."""
    from dww_analysis.reports.words import Words

    scale = project.scale(name)
    scores = storage.load_frame(score_files(project, name))
    drawings = []
    for language in project.files.reports.languages:
        words = Words(language)
        for entry in _entries_with_means(project, scale):
            drawings.append(_trajectories(project, scale, entry, words))
        for sample in scale.samples:
            drawings.append(_raincloud(project, scale, sample, scores, words))
            drawings.append(_items(project, scale, sample, words))
        drawings.append(_ladder(project, scale, words))
    _save_drawings(project, name, [d for d in drawings if d is not None])
    measured = [
        _measurement_file(project, scale, part) for part in ("items", "invariance", "invariance_steps")
    ]
    inputs = [score_files(project, name), *measured, *_fit_files(project, scale)]
    write_provenance(project, "draw", name, inputs, scale)


def _entries_with_means(project: Project, scale: Scale) -> list[PlanEntry]:
    return [e for e in project.files.plan.entries if e.outcome == scale.id]


def _fit_files(project: Project, scale: Scale) -> list[Path]:
    folder = project.paths.derived / "estimates"
    return [
        folder / f"{e.id}{part}"
        for e in _entries_with_means(project, scale)
        for part in (".csv", ".fit.json")
    ]


def _scale_words(scale: Scale, language: str) -> dict[str, Any]:
    """What every figure of a scale says about it."""
    return {
        "subject": scale.id,
        "label": say(scale.label, language),
        "score_range": scale.score_range(),
        "unit": say(scale.unit, language),
        "direction": scale.direction,
    }


def _trajectories(project: Project, scale: Scale, entry: PlanEntry, words: Any) -> Any:
    from dww_analysis.figures.trajectories import draw_trajectories
    from dww_analysis.reports import headline_rows, trajectory_inputs

    study, folder = project.files.study, project.paths.derived / "estimates"
    record = storage.load_json(folder / f"{entry.id}.fit.json")
    if not record.get("means"):
        return None
    estimates = storage.load_frame(folder / f"{entry.id}.csv")
    plan = replace(project.files.plan, entries=(entry,))
    (row,) = headline_rows(estimates, study, plan, [scale], words).to_dict("records")
    inputs = trajectory_inputs(row, estimates, record, words)
    return draw_trajectories(study=study, words=words, name=f"trajectories_{entry.id}", **inputs)


def _raincloud(project: Project, scale: Scale, sample: str, scores: pd.DataFrame, words: Any) -> Any:
    from dww_analysis.figures.raincloud import draw_raincloud

    rows = scores[(scores["scale"] == scale.id) & (scores["sample"] == sample)]
    suffix = "" if len(project.files.study.samples) == 1 else f"_{sample}"
    return draw_raincloud(
        rows.reindex(columns=["wave", "arm", "score"]),
        study=project.files.study,
        words=words,
        name=f"raincloud_{scale.id}{suffix}",
        **_scale_words(scale, words.language),
    )


def _measurement_file(project: Project, scale: Scale, part: str) -> Path:
    return project.paths.derived / "measurement" / scale.id / f"{part}.csv"


def _items(project: Project, scale: Scale, sample: str, words: Any) -> Any:
    from dww_analysis.figures.items import draw_items

    study = project.files.study
    items = storage.load_frame(_measurement_file(project, scale, "items"))
    if scale.key is None or items.empty:
        return None
    suffix = "" if len(scale.samples) == 1 else f"_{sample}"
    return draw_items(
        items[(items["scale"] == scale.id) & (items["sample"] == sample)],
        subject=scale.id,
        label=say(scale.label, words.language),
        answer_range=(scale.key.minimum, scale.key.maximum),
        wave_label=lambda wave: study.wave_label(wave, words.language),
        minimum=study.min_cell_size,
        words=words,
        name=f"items_{scale.id}{suffix}",
    )


def _ladder(project: Project, scale: Scale, words: Any) -> Any:
    from dww_analysis.figures.ladder import draw_ladder
    from dww_analysis.reports.invariance import compared
    from dww_analysis.reports.labels import Labels

    verdicts, steps = (
        storage.load_frame(_measurement_file(project, scale, p)) for p in ("invariance", "invariance_steps")
    )
    labels = Labels(project.files.study, [scale], words)
    several = len(scale.samples) > 1
    return draw_ladder(
        steps,
        verdicts,
        subject=scale.id,
        label=say(scale.label, words.language),
        ladder_name=lambda sample, over, wave: compared(sample if several else "", over, wave, labels),
        words=words,
        name=f"ladder_{scale.id}",
    )


def run_overview(project: Project, name: str) -> None:
    """The figures about the whole study: forest of estimates and participant flow."""
    from dww_analysis.figures.flow import draw_flow
    from dww_analysis.figures.forest import draw_forest
    from dww_analysis.reports.headlines import headline_rows
    from dww_analysis.reports.words import Words

    files, tables = project.files, project.paths.derived / "tables"
    inputs = [tables / "estimates.csv", tables / "flow.csv"]
    estimates, flow = (storage.load_frame(p) for p in inputs)
    drawings = []
    for language in files.reports.languages:
        words = Words(language)
        headlines = headline_rows(estimates, files.study, files.plan, files.scales, words)
        drawings += [draw_forest(headlines, words=words), draw_flow(flow, study=files.study, words=words)]
    _save_drawings(project, "overview", [d for d in drawings if d is not None])
    write_provenance(project, "overview", name, inputs, files.plan)


def _save_drawings(project: Project, name: str, drawings: list) -> None:
    """SVG, PNG and CSV of each figure, and one list of what the report needs of them."""
    folder = project.paths.derived / "figures" / name
    for drawing in drawings:
        stem = f"{drawing.name}.{drawing.language}"
        storage.save_text(drawing.svg(), folder / f"{stem}.svg")
        storage.save_bytes(drawing.png(), folder / f"{stem}.png")
        storage.save_frame(drawing.data, folder / f"{drawing.name}.csv")
    storage.save_json([d.record() for d in drawings], folder / "figures.json")


def run_report(project: Project, name: str) -> None:
    """The document with its tables and figures beside it."""
    from dww_analysis.cli.workflow import Workflow
    from dww_analysis.reports import build_report

    paths, files = project.paths, project.files
    names = Workflow(
        project
    ).report_tables  # what this study has now; tables of an earlier configuration stay out
    tables = {name: storage.load_frame(paths.derived / "tables" / f"{name}.csv") for name in names}
    folders = [paths.derived / "figures" / n for n in ("overview", *(s.id for s in files.scales))]
    figures = [record for folder in folders for record in storage.load_json(folder / "figures.json")]
    fits = fit_records(project)
    provenance = _provenance(project)
    pages = build_report(
        tables=tables,
        figures=figures,
        fits=fits,
        study=files.study,
        plan=files.plan,
        scales=files.scales,
        settings=files.reports,
        provenance=provenance,
    )
    for table, frame in tables.items():
        storage.save_frame(frame, paths.reports / "tables" / f"{table}.csv")
    for folder in folders:
        for file in sorted(folder.iterdir()):
            if file.suffix in (".svg", ".png", ".csv"):
                storage.save_bytes(file.read_bytes(), paths.reports / "figures" / file.name)
    for relative, content in pages.items():
        save = storage.save_text if isinstance(content, str) else storage.save_bytes
        save(content, paths.reports / relative)  # type: ignore[operator]
    storage.save_json(provenance, paths.reports / "provenance.json")


def _provenance(project: Project) -> dict[str, Any]:
    """From which files, code and settings everything came."""
    paths, files = project.paths, project.files
    jobs = [storage.load_json(p) for p in sorted((paths.derived / "provenance").glob("*.json"))]
    configs = sorted(paths.config.glob("*.yaml"))
    return {
        "study": files.study.id,
        "delivered": files.study.delivered,
        "package": {"name": "dww-analysis", "version": __version__},
        "python": platform.python_version(),
        "packages": {p: version(p) for p in PACKAGES},
        "seed": files.study.seed,
        "config": {paths.shown(p): storage.sha256_of(p) for p in configs},
        "config_hash": slice_hash([storage.sha256_of(p) for p in configs]),
        "sources": [
            {"id": s.id, "file": s.file, "sha256": storage.sha256_of(paths.raw / s.file)}
            for s in files.sources
        ],
        "pseudonyms": "fixed test key" if files.study.data != "private" else "the study's own key",
        "jobs": [j for j in jobs if j["stage"] != "report"],
    }
