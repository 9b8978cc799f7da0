"""Stage draw: all figures of one scale, in every language: means over the waves, rainclouds, items and ladder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study, say
from dww_analysis.domain.tables import register
from dww_analysis.stages import places
from dww_analysis.stages.drawings import PARTS, folder_of
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.settings import printed
from dww_analysis.stages.stage import Stage, Tables

if TYPE_CHECKING:
    from dww_analysis.language.labels import Labels
    from dww_analysis.language.measure import Measure

# What is drawn, and what rests on the same persons: which of them keep earlier numbers is decided together.
MEASURED = ("items", "invariance", "invariance_steps", "factor_structure", "descriptives", "reliability")


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
        """What the scale is called in the language of the canvas."""
        return say(self.scale.label, self.words.language)

    @property
    def labels(self) -> Labels:
        """The labels of the study, of its scales this one's alone."""
        from dww_analysis.language.labels import Labels

        return Labels(self.study, [self.scale], self.words)

    @property
    def measure(self) -> Measure:
        """The scale, as figures of scores say it."""
        from dww_analysis.language.measure import Measure

        unit = say(self.scale.unit, self.words.language)
        return Measure(self.scale.id, self.label, self.scale.score_range(), unit, self.scale.favourable())


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
    """What the figures may show: the tables of the scale, its estimates and means, as readers get them in tables.

    Scores stay as they are: the raincloud draws those of the groups in `whole_groups`.
    """
    from dww_analysis.privacy.gate import let_out

    publication = Publication.of(project)
    gated = let_out({part: tables[part] for part in MEASURED}, publication.minimum)
    measured = publication.beside(gated)[0]
    return {
        **measured,
        **_estimated(tables, publication),
        "fits": _fits(tables["fits"], publication),
        "scores": tables["scores"],
        "whole_groups": _whole_groups(measured["descriptives"], gated["descriptives"]),
    }


def _estimated(tables: Tables, publication: Publication) -> dict[str, dict[str, pd.DataFrame]]:
    """The estimates of each entry, and the variances of its model, which are hidden with them."""
    shown = {
        entry: publication.through({"estimates": t, "variance_components": tables["components"][entry]})
        for entry, t in tables["estimates"].items()
    }
    return {
        part: {entry: both[table] for entry, both in shown.items()}
        for part, table in (("estimates", "estimates"), ("components", "variance_components"))
    }


def _fits(fits: Mapping[str, Mapping[str, Any]], publication: Publication) -> dict[str, dict[str, Any]]:
    """The fit records, with those of their means that may be shown."""
    means = publication.means(fits)
    return {
        entry: {**fit, "means": _shown_rows(means[entry]) if entry in means else []}
        for entry, fit in fits.items()
    }


def _shown_rows(means: pd.DataFrame) -> list[dict[str, Any]]:
    shown = means[~means["suppressed"]].drop(columns=["entry", "suppressed", "suppressed_columns"])
    return [{str(k): v for k, v in row.items()} for row in shown.to_dict("records")]


def _whole_groups(published: pd.DataFrame, gated: pd.DataFrame) -> pd.DataFrame:
    """Rows of the descriptives that are published with all that a distribution shows, as the scores have it now."""
    from dww_analysis.privacy.published import rounded

    now = rounded(gated, register()["descriptives"])
    told = ["n", "mean", "sd", "q25", "median", "q75"]
    same = (published[told] == now[told]).all(axis=1)
    return published[same & ~published["suppressed"]]


def _drawings(canvas: Canvas) -> Iterator[Any]:
    for entry in entries_about(canvas.project, canvas.scale.id):
        yield _trajectories(canvas, entry)
    for sample in canvas.scale.samples:
        yield _raincloud(canvas, sample)
        yield _items(canvas, sample)
    yield _ladder(canvas)


def entries_about(project: Project, scale: str) -> list[PlanEntry]:
    """Plan entries with this scale as their outcome, in the plan's order; its subscales (`<scale>.<subscale>`) are
    others."""
    return [e for e in project.files.plan.entries if e.outcome == scale]


def _trajectories(canvas: Canvas, entry: PlanEntry) -> Any:
    from dww_analysis.figures.trajectories import draw_trajectories
    from dww_analysis.reports import headline_of, trajectory_inputs

    study, words = canvas.study, canvas.words
    record = canvas.tables["fits"][entry.id]
    if not record.get("means"):
        return None
    estimates = canvas.tables["estimates"][entry.id]
    row = headline_of(entry, estimates, canvas.labels)
    trajectory = replace(trajectory_inputs(row, estimates, record, words), **_spread(canvas, entry))
    return draw_trajectories(trajectory, study=study, words=words, name=f"trajectories_{entry.id}")


def _spread(canvas: Canvas, entry: PlanEntry) -> dict[str, Any]:
    """How far units lie apart in an outcome that is a number, and whether only those of one organisation do."""
    from dww_analysis.domain.outcomes import KINDS
    from dww_analysis.effects.unit_spread import spread_of_units

    components, study = canvas.tables["components"][entry.id], canvas.study
    if KINDS[canvas.scale.measure].family != "gaussian" or study.unit == "person" or not study.groups:
        return {}
    random = set(components["group"].astype(str))
    within = study.allocation is not None and study.allocation.strata is not None
    return {
        "spread": spread_of_units(components, study.unit),
        "alike": within and "organisation" not in random,
    }


def _raincloud(canvas: Canvas, sample: str) -> Any:
    from dww_analysis.figures.raincloud import PUBLISHED, draw_raincloud

    scores: pd.DataFrame = canvas.tables["scores"]
    rows, groups = (
        table[(table["scale"] == canvas.scale.id) & (table["sample"] == sample)]
        for table in (scores, canvas.tables["whole_groups"])
    )
    suffix = "" if len(canvas.study.samples) == 1 else f"_{sample}"
    return draw_raincloud(
        rows.reindex(columns=["wave", "arm", "score"]),
        canvas.measure,
        labels=canvas.labels,
        name=f"raincloud_{canvas.scale.id}{suffix}",
        shown={
            (row["wave"], row["arm"]): {n: row[n] for n in PUBLISHED} for row in groups.to_dict("records")
        },
    )


def _items(canvas: Canvas, sample: str) -> Any:
    from dww_analysis.figures.items import draw_items

    scale = canvas.scale
    items: pd.DataFrame = canvas.tables["items"]
    if scale.key is None or items.empty:
        return None
    suffix = "" if len(scale.samples) == 1 else f"_{sample}"
    return draw_items(
        items[(items["scale"] == scale.id) & (items["sample"] == sample)],
        replace(canvas.measure, limits=(scale.key.minimum, scale.key.maximum)),
        labels=canvas.labels,
        name=f"items_{scale.id}{suffix}",
    )


def _ladder(canvas: Canvas) -> Any:
    from dww_analysis.figures.ladder import draw_ladder
    from dww_analysis.reports.sections.invariance import compared

    labels = canvas.labels
    several = len(canvas.scale.samples) > 1
    return draw_ladder(
        canvas.tables["invariance_steps"],
        canvas.tables["invariance"],
        canvas.measure,
        ladder_name=lambda sample, over, wave: compared(sample if several else "", over, wave, labels),
        words=canvas.words,
    )


def _reads(project: Project, name: str) -> dict[str, Any]:
    paths, entries = project.paths, [e.id for e in entries_about(project, name)]
    return {
        "scores": places.SCORES.at(paths, name),
        **{part: places.MEASUREMENT[part].at(paths, name) for part in MEASURED},
        "estimates": {e: places.ENTRY_ESTIMATES.at(paths, e) for e in entries},
        "components": {e: places.ENTRY_COMPONENTS.at(paths, e) for e in entries},
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
