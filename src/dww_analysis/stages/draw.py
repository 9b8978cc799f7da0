"""Stage draw: all figures of one scale, in every language: means over the waves, rainclouds, items and ladder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study, say
from dww_analysis.stages import places
from dww_analysis.stages.drawings import PARTS, folder_of
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import printed
from dww_analysis.stages.stage import Stage, Tables

MEASURED = ("items", "invariance", "invariance_steps")


@dataclass(frozen=True)
class Canvas:
    """What every figure of one scale in one language draws from."""

    project: Project
    scale: Scale
    tables: Mapping[str, Any]
    words: Any  # language.Words

    @property
    def study(self) -> Study:
        return self.project.files.study

    @property
    def label(self) -> str:
        return say(self.scale.label, self.words.language)

    @property
    def facts(self) -> dict[str, Any]:
        """What figures of scores say about the scale."""
        return {
            "subject": self.scale.id,
            "label": self.label,
            "score_range": self.scale.score_range(),
            "unit": say(self.scale.unit, self.words.language),
            "direction": self.scale.favourable(),
        }


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """All figures of one scale."""
    from dww_analysis.language import Words

    shown = _let_out(project, tables)
    drawings: list[Any] = []
    for language in project.files.reports.languages:
        drawings += _drawings(
            Canvas(project, project.scale(name), shown, Words(language, project.files.study.level_labels))
        )
    return {"figures": folder_of(drawings)}


def _let_out(project: Project, tables: Tables) -> Mapping[str, Any]:
    """What the figures may show: the tables of the scale, its estimates and means through the gate, as published.

    Scores stay as they are: a raincloud draws groups only, and none that is too small for quantiles.
    """
    from dww_analysis.privacy.gate import let_out
    from dww_analysis.privacy.published import as_published

    minimum = project.files.study.min_cell_size

    def through(found: Mapping[str, pd.DataFrame]) -> Mapping[str, pd.DataFrame]:
        return as_published(let_out(found, minimum), {}, minimum)[0]

    estimates = {entry: through({"estimates": t})["estimates"] for entry, t in tables["estimates"].items()}
    fits = {entry: {**record, "means": _means(record, through)} for entry, record in tables["fits"].items()}
    measured = through({part: tables[part] for part in MEASURED})
    return {**measured, "estimates": estimates, "fits": fits, "scores": tables["scores"]}


def _means(
    record: Mapping[str, Any], through: Callable[..., Mapping[str, pd.DataFrame]]
) -> list[dict[str, Any]]:
    """The means of one fit that may be shown."""
    if not record.get("means"):
        return []
    shown = through({"model_means": pd.DataFrame(record["means"])})["model_means"]
    rows = shown[~shown["suppressed"]].drop(columns=["suppressed", "suppressed_columns"])
    return [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]


def _drawings(canvas: Canvas) -> Iterator[Any]:
    for entry in entries_about(canvas.project, canvas.scale.id):
        yield _trajectories(canvas, entry)
    for sample in canvas.scale.samples:
        yield _raincloud(canvas, sample)
        yield _items(canvas, sample)
    yield _ladder(canvas)


def entries_about(project: Project, scale: str) -> list[PlanEntry]:
    """Plan entries with this scale as their outcome."""
    return [e for e in project.files.plan.entries if e.outcome == scale]


def _trajectories(canvas: Canvas, entry: PlanEntry) -> Any:
    from dww_analysis.figures.trajectories import draw_trajectories
    from dww_analysis.language.labels import Labels
    from dww_analysis.reports import headline_of, trajectory_inputs

    study, words = canvas.study, canvas.words
    record = canvas.tables["fits"][entry.id]
    if not record.get("means"):
        return None
    estimates = canvas.tables["estimates"][entry.id]
    row = headline_of(entry, estimates, Labels(study, [canvas.scale], words))
    inputs = trajectory_inputs(row, estimates, record, words)
    return draw_trajectories(study=study, words=words, name=f"trajectories_{entry.id}", **inputs)


def _raincloud(canvas: Canvas, sample: str) -> Any:
    from dww_analysis.figures.raincloud import draw_raincloud

    scores: pd.DataFrame = canvas.tables["scores"]
    rows = scores[(scores["scale"] == canvas.scale.id) & (scores["sample"] == sample)]
    suffix = "" if len(canvas.study.samples) == 1 else f"_{sample}"
    return draw_raincloud(
        rows.reindex(columns=["wave", "arm", "score"]),
        study=canvas.study,
        words=canvas.words,
        name=f"raincloud_{canvas.scale.id}{suffix}",
        **canvas.facts,
    )


def _items(canvas: Canvas, sample: str) -> Any:
    from dww_analysis.figures.items import draw_items

    scale, study, words = canvas.scale, canvas.study, canvas.words
    items: pd.DataFrame = canvas.tables["items"]
    if scale.key is None or items.empty:
        return None
    suffix = "" if len(scale.samples) == 1 else f"_{sample}"
    return draw_items(
        items[(items["scale"] == scale.id) & (items["sample"] == sample)],
        subject=scale.id,
        label=canvas.label,
        answer_range=(scale.key.minimum, scale.key.maximum),
        wave_label=lambda wave: study.wave_label(wave, words.language),
        minimum=study.min_cell_size,
        words=words,
        name=f"items_{scale.id}{suffix}",
    )


def _ladder(canvas: Canvas) -> Any:
    from dww_analysis.figures.ladder import draw_ladder
    from dww_analysis.language.labels import Labels
    from dww_analysis.reports.sections.invariance import compared

    scale, words = canvas.scale, canvas.words
    labels = Labels(canvas.study, [scale], words)
    several = len(scale.samples) > 1
    return draw_ladder(
        canvas.tables["invariance_steps"],
        canvas.tables["invariance"],
        subject=scale.id,
        label=canvas.label,
        ladder_name=lambda sample, over, wave: compared(sample if several else "", over, wave, labels),
        words=words,
        name=f"ladder_{scale.id}",
    )


def _reads(project: Project, name: str) -> dict[str, Any]:
    paths, entries = project.paths, [e.id for e in entries_about(project, name)]
    return {
        "scores": places.SCORES.at(paths, name),
        **{part: places.MEASUREMENT[part].at(paths, name) for part in MEASURED},
        "estimates": {e: places.ENTRY_ESTIMATES.at(paths, e) for e in entries},
        "fits": {e: places.ENTRY_FIT.at(paths, e) for e in entries},
    }


def _config(project: Project, name: str) -> tuple[Any, ...]:
    """What the figures say in words; the arms, waves and minimum group size. Of the plan the scale's entries only."""
    study = replace(printed(project), background=())
    return project.files.reports.languages, study, entries_about(project, name), project.scale(name)


STAGE = Stage(
    "draw",
    per="scale",
    reads=_reads,
    makes=PARTS,
    config=_config,
    run=_run,
    names=lambda project: [s.id for s in project.files.scales],
)
